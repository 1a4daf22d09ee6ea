"""The parts of the page that never change: the bars, the box to ask in, the dialogs. `style.css` places them."""

from __future__ import annotations

from web.markup import ICONS, icon_button

BRAND = f"""
<div class="brand"><h1>Assistant</h1>{icon_button("close", "Close the lists", "toggle-side")}</div>
<button type="button" class="new" data-do="new">{ICONS["new"]}<span>New conversation</span></button>
<div class="listing"><h2 id="conversations-title">Conversations</h2>
<input type="search" id="find" autocomplete="off"
 placeholder="Search conversations" aria-label="Search conversations"></div>
"""

DOCUMENTS = """
<div class="listing"><h2 id="documents-title">Documents</h2>
<input type="search" id="filter" autocomplete="off" hidden
 placeholder="Filter documents" aria-label="Filter documents"></div>
"""

FEEDBACK = '<p class="foot"><button type="button" class="link" data-do="feedback">Export all feedback</button></p>'

TOP = f"""
<header class="top">
{icon_button("menu", "Conversations and documents", "toggle-side")}
<p id="title" class="title"></p>
<span class="tools" id="conversation-tools" hidden>
<button type="button" class="quiet" data-do="export" data-format="markdown" aria-label="Save as Markdown">
{ICONS["save"]}<span>Markdown</span></button>
<button type="button" class="quiet" data-do="export" data-format="json" aria-label="Save as JSON">
{ICONS["save"]}<span>JSON</span></button>
</span>
{icon_button("gear", "Settings", "settings")}
{icon_button("moon", "Dark or light", "theme")}
</header>
"""

COMPOSER = f"""
<form id="composer" class="composer">
<p id="scope" class="scope" hidden><span id="scope-words"></span>
<button type="button" class="link" data-do="choose-none">Ask all</button></p>
<p id="revising" class="scope" hidden><span>Editing the last question</span>
<button type="button" class="link" data-do="revise-not">Cancel</button></p>
<div class="box">
<textarea id="question" rows="1" placeholder="Ask a question" aria-label="Your question" maxlength="4000"
 aria-describedby="keys"></textarea>
<button type="submit" id="send" class="send" aria-label="Ask" title="Ask (Enter)">{ICONS["send"]}</button>
<button type="button" id="stop" class="send" data-do="stop" aria-label="Stop" title="Stop (Esc)" hidden>
{ICONS["stop"]}</button>
</div>
<p id="keys" class="keys"><kbd>Enter</kbd> asks · <kbd>Shift</kbd>+<kbd>Enter</kbd> breaks the line
 · <kbd>/</kbd> comes back here · <kbd>Esc</kbd> stops</p>
</form>
"""

DIALOGS = """
<dialog id="ask-dialog" aria-labelledby="ask-dialog-title"><form method="dialog">
<h2 id="ask-dialog-title"></h2><p id="ask-dialog-words"></p>
<textarea id="ask-dialog-text" rows="3" aria-labelledby="ask-dialog-title"></textarea>
<div class="choices"><button type="submit" value="no" class="quiet" id="ask-dialog-no">Cancel</button>
<button type="submit" value="yes" class="sure" id="ask-dialog-yes"></button></div></form></dialog>
<dialog id="settings" aria-labelledby="settings-title"><form method="dialog">
<h2 id="settings-title">Settings of this browser</h2>
<fieldset><legend>Who answers</legend><div id="engines"></div></fieldset>
<div id="naming" hidden><label for="llm">Or a language model</label>
<div class="row"><input id="llm" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="400"
 placeholder="ollama/llama3.2 or openai-like/MODEL@http://localhost:8000/v1" aria-describedby="llm-about">
<button type="button" class="quiet" data-do="check-llm" id="check-llm">Check and use</button></div>
<p id="llm-about">It is asked for one word now. Later it gets each question with the passages found for it: unless
the model runs here, they leave this machine. A key belongs in the environment of the server, never here.</p></div>
<p id="checked" role="status" aria-live="polite"></p>
<div class="choices"><button type="submit" class="sure">Done</button></div></form></dialog>
<div class="veil" data-do="close-topmost"></div>
<div id="tip" class="tip" role="tooltip" hidden></div>
<div id="toast" class="toast" role="status" aria-live="polite"></div>
<div id="said" class="sr" role="status" aria-live="polite"></div>
<div id="drop" class="drop" hidden>Drop the files to index them</div>
"""
