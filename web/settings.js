// Who answers in this browser: one of the server's engines, or a language model that was named here and has answered.
(() => {
  const page = window.assistantPage;
  const { one } = page;
  const kept = (name) => localStorage.getItem(name) ?? "";
  const keep = (name, value) => (value ? localStorage.setItem(name, value) : localStorage.removeItem(name));
  let offered = { engines: [], naming: false }; // what the server lets this browser choose

  page.engine = () => kept("engine");

  const ABOUT = {
    reader: "a small trained reader, on this server",
    sentences: "whole sentences by embeddings and rules, on this server",
  };
  const says = (words, kind = "") => {
    one("#checked").textContent = words;
    one("#checked").dataset.kind = kind;
  };

  const row = (value, words, chosen) => {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    const text = document.createElement("span");
    label.className = "engine";
    Object.assign(radio, { type: "radio", name: "engine", value, checked: chosen });
    text.textContent = words;
    label.append(radio, text);
    return label;
  };
  const show = () => {
    const { engines, naming } = offered;
    const named = naming && !engines.includes(kept("llm")) ? kept("llm") : "";
    const all = [...engines, ...(named ? [named] : [])];
    const chosen = all.includes(page.engine()) ? page.engine() : engines[0];
    const words = (name) => `${name} – ${ABOUT[name] ?? "a language model, each sentence checked"}`;
    one("#engines").replaceChildren(...all.map((name) => row(name, words(name), name === chosen)));
    one("#naming").hidden = !naming;
    keep("engine", chosen === engines[0] ? "" : chosen);
  };

  page.offer = (engines, naming) => {
    offered = { engines, naming };
    show();
  };
  page.replies.checked = ({ llm, trouble }) => {
    one("#check-llm").disabled = false;
    if (trouble) return says(trouble, "trouble");
    keep("llm", llm);
    keep("engine", llm);
    show();
    says("It answers, and is used from now on.");
  };

  const check = () => {
    const llm = one("#llm").value.trim();
    if (!llm || one("#check-llm").disabled) return;
    one("#check-llm").disabled = true;
    says("Asking it …");
    page.send("check", { llm });
  };
  Object.assign(page.doers, {
    settings: () => {
      says("");
      one("#check-llm").disabled = false;
      one("#llm").value = kept("llm");
      one("#settings").showModal();
    },
    "check-llm": check,
  });
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "engine") return;
    keep("engine", target.value === offered.engines[0] ? "" : target.value);
    says("");
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "llm" || event.key !== "Enter") return;
    event.preventDefault();
    check();
  });
})();
