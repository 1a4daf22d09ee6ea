// Everything around the conversation: lists, choices of documents, dialogs, files dropped and saved, dark and light.
(() => {
  const page = window.assistantPage;
  const { one, all } = page;

  // -- dialogs and notices

  const confirm = ({ title, words = "", yes, text = null, danger = false }) =>
    new Promise((resolve) => {
      const dialog = one("#ask-dialog");
      const area = one("#ask-dialog-text");
      one("#ask-dialog-title").textContent = title;
      one("#ask-dialog-words").textContent = words;
      one("#ask-dialog-words").hidden = !words;
      one("#ask-dialog-yes").textContent = yes;
      one("#ask-dialog-yes").classList.toggle("danger", danger);
      area.hidden = text === null;
      area.value = text ?? "";
      dialog.returnValue = "no";
      dialog.onclose = () => resolve(dialog.returnValue === "yes" ? area.value : null);
      dialog.showModal();
      (text === null ? one("#ask-dialog-no") : area).focus();
      area.select();
    });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "ask-dialog-text" && event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      one("#ask-dialog-yes").click();
    }
  });

  let fading = 0;
  page.toast = (words, kind = "") => {
    const toast = one("#toast");
    toast.textContent = words;
    toast.dataset.kind = kind;
    clearTimeout(fading);
    fading = setTimeout(() => (toast.textContent = ""), kind ? 8000 : 2500);
  };
  page.replies.trouble = ({ message }) => page.toast(message, "trouble");
  page.replies.download = ({ name, type, text }) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  // -- the lists, and which documents are asked

  const chosen = () => new Set(JSON.parse(sessionStorage.getItem("documents") ?? "[]"));
  const choose = (documents) => {
    sessionStorage.setItem("documents", JSON.stringify([...documents]));
    arrange();
  };
  const known = () => all("#documents [data-choose]").map((check) => check.dataset.choose);
  page.chosen = () => known().filter((document) => chosen().has(document));

  const arrange = () => {
    const marked = chosen();
    for (const check of all("#documents [data-choose]")) check.checked = marked.has(check.dataset.choose);
    const asked = page.chosen().length;
    one("#scope").hidden = !asked;
    const words = `Asking ${asked} of ${known().length} documents`;
    if (one("#scope-words").textContent !== words) one("#scope-words").textContent = words;
    for (const time of all("time:not([data-local])")) {
      const moment = new Date(time.dateTime);
      const today = moment.toDateString() === new Date().toDateString();
      time.dataset.local = "";
      time.title = moment.toLocaleString();
      time.textContent = today
        ? moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
        : moment.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
    }
    const filter = one("#filter");
    filter.hidden = known().length < 8;
    const wanted = filter.hidden ? "" : filter.value.toLowerCase();
    for (const row of all("#documents li"))
      row.hidden = !one(".entry", row).textContent.toLowerCase().includes(wanted);
  };
  page.arrangers.push(() => one("#scope") && arrange());

  document.addEventListener("change", (event) => {
    const { choose: document } = event.target.dataset ?? {};
    if (!document) return;
    const marked = chosen();
    if (event.target.checked) marked.add(document);
    else marked.delete(document);
    choose(marked);
  });
  let typing = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id === "filter") arrange();
    if (event.target.id !== "find") return;
    clearTimeout(typing);
    typing = setTimeout(() => page.send("find", { conversation: page.conversation() }), 150);
  });

  page.closeSide = () => {
    if (one("#app").dataset.side !== "open") return false;
    delete one("#app").dataset.side;
    return true;
  };
  page.closeTopmost = () => page.hideTip() || page.closeSource() || page.closeSide();

  Object.assign(page.doers, {
    "close-topmost": () => page.closeTopmost(),
    "choose-none": () => choose([]),
    "toggle-side": () => {
      if (!page.closeSide()) {
        one("#app").dataset.side = "open";
        one("#side button").focus();
      }
    },
    "close-jobs": (_, button) => (button.closest(".jobs").hidden = true),
    rename: async ({ conversation, title }) => {
      const text = await confirm({ title: "Rename the conversation", yes: "Rename", text: title });
      if (text?.trim())
        page.send("rename", { conversation, title: text, current: page.conversation() });
      if (text?.trim() && conversation === page.conversation()) one("#title").textContent = text.trim();
    },
    delete: async ({ conversation, title }) => {
      const words = `“${title}” and the feedback in it will be gone.`;
      const sure = await confirm({ title: "Delete the conversation?", words, yes: "Delete", danger: true });
      if (sure === null) return;
      const current = page.conversation();
      if (conversation === current) page.go("", "replaceState");
      page.send("delete", { conversation, current });
    },
    remove: async ({ document, title }) => {
      const words = `“${title}” will not be asked any more. Answers that cite it keep their quotes.`;
      const sure = await confirm({ title: "Delete the document?", words, yes: "Delete", danger: true });
      if (sure === null) return;
      page.forgetExamples();
      page.send("remove", { document });
    },
    note: async ({ turn, verdict, note }) => {
      const title = verdict === "up" ? "What was good about it?" : "What should it have said?";
      const text = await confirm({ title, yes: "Keep the note", text: note });
      if (text !== null) page.send("judge", { turn, verdict, note: text });
    },
    theme: () => {
      const dark = !document.body.classList.contains("dark");
      localStorage.setItem("theme", dark ? "dark" : "light");
      document.body.classList.toggle("dark", dark);
    },
  });

  // -- files: the button is Gradio's; dropping fills it

  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const waiting = [];
  const busy = () => one("#jobs .jobs")?.dataset.busy === "true";
  const feed = () => {
    if (!waiting.length || busy()) return;
    const sent = new DataTransfer();
    for (const file of waiting.splice(0)) sent.items.add(file);
    const input = one('#upload input[type="file"], input#upload[type="file"]') ?? one("input[type=file]");
    input.files = sent.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  page.arrangers.push(feed);
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    one("#drop").hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) one("#drop").hidden = true;
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    one("#drop").hidden = true;
    waiting.push(...event.dataTransfer.files);
    page.toast(busy() ? "These files follow when the others are done" : "Sending the files …");
    feed();
  });

  // -- dark and light: what was chosen, or else what the system says

  const theme = () => {
    const kept = localStorage.getItem("theme");
    const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.body.classList.toggle("dark", dark);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);
  page.arrangers.push(() => {
    const kept = localStorage.getItem("theme");
    if (kept && document.body.classList.contains("dark") !== (kept === "dark")) theme();
  });
  addEventListener("DOMContentLoaded", theme);
})();
