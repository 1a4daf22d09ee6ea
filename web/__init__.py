"""The rooms behind `ui.py`: the page, its handlers, and what they keep.

conversations.py   the database of conversations, their turns and the feedback on them
evidence.py        what a turn keeps beside its answer, so that its citations stay what they were
rendering.py       a turn as HTML;  reading.py: a document as HTML;  panels.py: the lists beside them
export.py          a conversation as Markdown or JSON, feedback as draft gold questions
examples.py        example questions made from the indexed documents' own sentences
answering.py       the answers under way, each followed by whoever asked
page.py            the Gradio blocks;  handlers.py: what happens on each action;  uploads.py: files coming in
api.py             /ask, /search, /documents and the MCP tools
guard.py           who may come in, and what the browser may load
screenshots.py     the pictures in the README
"""
