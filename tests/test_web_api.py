"""What programs may call, and who may come in: real clients of the REST API and of MCP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import ui
from assistant import Assistant, BadSetting, Settings
from index import Embedder
from webpage import served

AUTH = "ann:one,bob:two:three"


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[tuple[str, Assistant]]:
    with served(tmp_path_factory.mktemp("open"), embedder, mcp=True) as (url, assistant, _):
        yield url, assistant


@pytest.fixture(scope="module")
def closed_site(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("closed"), embedder, mcp=True, auth=AUTH) as (url, _, _):
        yield url


@asynccontextmanager
async def mcp_session(url: str, headers: dict[str, str] | None = None) -> Any:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as client,
        streamable_http_client(f"{url}/gradio_api/mcp/", http_client=client) as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        yield session


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def without_timings(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "seconds"}


def test_rest_has_three_endpoints_and_answers_as_the_command_line_does(open_site: tuple[str, Assistant]) -> None:
    url, assistant = open_site
    client = Client(url, verbose=False, analytics_enabled=False)
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/ask", "/search", "/documents"}

    question = "Who is the captain of the Aurora?"
    answer = client.predict(question, api_name="/ask")
    assert without_timings(answer) == without_timings(json.loads(json.dumps(assistant.ask(question).to_dict())))
    for citation in answer["citations"]:
        text = assistant.text(citation["document"])
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    only = client.predict("several: everything", documents=["lighthouses.txt"], api_name="/ask")
    assert {citation["document"] for citation in only["citations"]} == {"lighthouses.txt"}

    found = client.predict("lighthouse keeper", 2, api_name="/search")
    assert found["query"] == "lighthouse keeper"
    assert found["passages"][0]["document"] == "lighthouses.txt"
    assert [info["document"] for info in client.predict(api_name="/documents")] == [
        info.document for info in assistant.documents()
    ]
    with pytest.raises(AppError, match=r"nowhere\.txt"):
        client.predict(question, documents=["nowhere.txt"], api_name="/ask")


def test_rest_reads_history(open_site: tuple[str, Assistant]) -> None:
    url, _ = open_site
    client = Client(url, verbose=False, analytics_enabled=False)
    history = [
        {"role": "user", "content": "Where does the ferry Aurora sail?"},
        {"role": "assistant", "content": "From Bergen to Kirkenes."},
    ]
    answer = client.predict("Who is its captain?", None, history, api_name="/ask")
    assert "Aurora" in answer["standalone_question"]


def test_no_other_endpoint_answers_by_name(open_site: tuple[str, Assistant]) -> None:
    url, _ = open_site
    for name in ("show", "start", "delete", "index", "predict", "export"):
        for way in ("call", "call/v2", "run", "api"):
            assert httpx.post(f"{url}/gradio_api/{way}/{name}", json={"data": []}).status_code == 404
    assert httpx.post(f"{url}/gradio_api/run/search", json={"data": ["ferry", 1, None]}).status_code == 200


def test_the_page_is_kept_to_this_machine(open_site: tuple[str, Assistant]) -> None:
    url, _ = open_site
    answer = httpx.get(url)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert httpx.get(url, headers={"Host": "elsewhere.example"}).status_code == 421
    assert httpx.get(url, headers={"Host": "localhost:80"}).status_code == 200


async def test_mcp_has_the_tools_ask_and_search(open_site: tuple[str, Assistant]) -> None:
    url, assistant = open_site
    async with mcp_session(url) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {"ask", "search"}
        assert "cite" in tools["ask"].description
        assert tools["ask"].inputSchema["required"] == ["question"]
        assert tools["search"].inputSchema["properties"]["k"]["description"].startswith("How many")

        result = await session.call_tool("ask", {"question": "Who is the captain of the Aurora?"})
        answer = json.loads(result.content[0].text)
        assert answer["answered"]
        cited = answer["citations"][0]
        assert assistant.text(cited["document"])[cited["start"] : cited["end"]] == cited["quote"]
        result = await session.call_tool("search", {"query": "bicycles", "k": 1})
        assert len(json.loads(result.content[0].text)["passages"]) == 1
        result = await session.call_tool("ask", {"question": "What?", "documents": ["nowhere.txt"]})
        assert result.isError
        assert "nowhere.txt" in result.content[0].text


def test_with_auth_nothing_is_open(closed_site: str) -> None:
    for path in ("gradio_api/info", "config", "gradio_api/mcp/schema", "gradio_api/mcp/", "gradio_api/mcp"):
        assert httpx.get(f"{closed_site}/{path}").status_code == 401, path
    for path in ("gradio_api/call/ask", "gradio_api/run/ask", "gradio_api/queue/join", "gradio_api/mcp/"):
        body = {"data": ["Who?"], "session_hash": "x", "fn_index": 0}
        assert httpx.post(f"{closed_site}/{path}", json=body).status_code == 401, path
    assert "captain" not in httpx.get(closed_site).text
    assert httpx.post(f"{closed_site}/login", data={"username": "ann", "password": "two:three"}).status_code == 400
    with pytest.raises(Exception, match=r"401|login|auth"):
        Client(closed_site, verbose=False, analytics_enabled=False)

    client = Client(closed_site, auth=("bob", "two:three"), verbose=False, analytics_enabled=False)
    assert client.predict("lighthouse", 1, api_name="/search")["passages"]


async def test_with_auth_mcp_needs_the_password(closed_site: str) -> None:
    for headers in ({}, basic("ann", "wrong"), basic("eve", "one"), {"Authorization": "Basic !!"}, basic("ann", "")):
        answer = httpx.post(f"{closed_site}/gradio_api/mcp/", json={}, headers=headers)
        assert answer.status_code == 401
    async with mcp_session(closed_site, basic("ann", "one")) as session:
        result = await session.call_tool("search", {"query": "lighthouse", "k": 1})
        assert json.loads(result.content[0].text)["passages"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"host": "0.0.0.0"}, "--auth"),
        ({"host": "192.168.1.7"}, "--auth"),
        ({"auth": "nobody"}, "user:password"),
        ({"auth": "ann:one,bob"}, "no. 2"),
    ],
)
def test_start_up_refuses_what_is_not_safe(
    options: dict[str, Any], says: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSISTANT_WEB_AUTH", raising=False)
    with pytest.raises(BadSetting, match=says):
        ui.launch(Settings(data_dir=tmp_path), block=False, **options)
    assert list(tmp_path.iterdir()) == []
