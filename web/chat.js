// Asking: the box, the answer that is coming, and the conversation around it.
(() => {
  const page = window.assistantPage;
  const { one, all } = page;
  let asking = null; // what was asked and is not settled yet: {conversation, before, question}
  let following = null; // the turn that is being followed, and since when
  let failures = 0; // followings that ended at once, in a row
  let replaced = null; // the turn that the next question takes the place of
  let caughtUp = null; // the turn for which the transcript was fetched once more
  let suggested = false;
  let pinned = true; // whether the end of the conversation is kept in view

  const box = () => one("#question");
  const live = () => one("#live article");
  const scroller = () => one("#scroll");
  const draft = () => `draft:${page.conversation()}`;

  const fit = () => {
    const area = box();
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 200)}px`;
  };
  page.fill = (words) => {
    box().value = words;
    fit();
    box().focus();
  };
  const toEnd = () => {
    const area = scroller();
    area.scrollTop = area.scrollHeight;
  };
  page.say = (words) => (one("#said").textContent = words);

  const ask = (question) => {
    if (!question.trim() || asking) return;
    const conversation = page.conversation();
    asking = { conversation, before: live()?.dataset.turn, question };
    pinned = true;
    const engine = page.engine();
    page.send("ask", { question, conversation, documents: page.chosen(), replace: replaced, engine });
    replaced = null;
    box().value = "";
    sessionStorage.removeItem(draft());
    fit();
    arrange();
  };

  // The page was loaded anew while its answer was under way.
  const resume = () => {
    const asked = sessionStorage.getItem("asked");
    if (asking || following || !asked) return;
    const turn = one(`#transcript article[data-turn="${asked}"][data-state="asking"]`);
    if (!turn) return;
    asking = { conversation: turn.dataset.conversation, question: one("h3", turn).textContent };
    follow(asked);
  };

  const settle = () => {
    sessionStorage.removeItem("asked");
    const turn = live();
    const label = turn && one(".label", turn);
    const cited = turn ? all(".words .chip", turn).length : 0;
    page.say(label ? label.textContent : `Answer ready, ${cited} citation${cited === 1 ? "" : "s"}`);
    asking = null;
    if (turn?.dataset.conversation === page.conversation())
      page.send("show", { conversation: page.conversation() });
    else page.send("refresh", { conversation: page.conversation() });
  };

  // An answer is followed a moment at a time, until it is over.
  const follow = (turn) => {
    following = { turn, since: performance.now() };
    page.send("follow", { turn });
  };
  page.followed = () => {
    const last = following;
    following = null;
    if (!last || !asking) return;
    const quick = performance.now() - last.since < 200; // the server is away, perhaps: it may come back
    failures = quick ? failures + 1 : 0;
    if (failures < 10) setTimeout(arrange, quick ? 500 : 0);
    else giveUp();
  };

  const giveUp = () => {
    asking = null;
    failures = 0;
    page.toast("The answer did not come; ask again", "trouble");
    page.send("show", { conversation: page.conversation() });
  };

  // The question has reached Python: if its turn does not come, something broke, and the words come back.
  page.asked = () => {
    const asked = asking;
    setTimeout(() => {
      if (!asked || asking !== asked || (live() && live().dataset.turn !== asked.before)) return;
      asking = null;
      page.fill(asked.question);
      page.send("show", { conversation: page.conversation() });
    }, 1500);
  };

  const arrange = () => {
    const turn = live();
    const mine = asking && turn && turn.dataset.turn !== asking.before;
    const busy = turn?.dataset.state === "asking";
    if (mine && asking.conversation === page.conversation())
      page.go((asking.conversation = turn.dataset.conversation), "replaceState");
    if (mine && !busy) settle();
    else if (mine && !following) follow(turn.dataset.turn);
    if (mine && busy) sessionStorage.setItem("asked", turn.dataset.turn);
    resume();

    // A turn stands in `live` until the transcript has it too.
    const twin = turn && one(`#transcript article[data-turn="${turn.dataset.turn}"]`);
    const known = twin && twin.dataset.state !== "asking";
    const here = turn && turn.dataset.conversation === page.conversation() && !known;
    if (here && twin && !busy && !asking && caughtUp !== turn.dataset.turn) {
      caughtUp = turn.dataset.turn; // the transcript was fetched while this was still being answered
      page.send("show", { conversation: page.conversation() });
    }
    if (turn) turn.hidden = !here;
    if (twin) twin.hidden = Boolean(here);

    const app = one("#app");
    const begun = page.conversation() || asking;
    app.dataset.view = begun ? "chat" : "welcome";
    one("#send").hidden = Boolean(asking);
    one("#stop").hidden = !asking;
    one("#revising").hidden = !replaced;
    one("#conversation-tools").hidden = !page.conversation();
    if (!begun && !suggested && one("#transcript .welcome") && one("#documents [data-document]")) {
      suggested = true;
      page.send("suggest");
    }
    if (begun && pinned) toEnd();
  };
  page.arrangers.push(() => one("#question") && one("#app") && arrange());

  page.replies.shown = ({ conversation, title, engines, naming }) => {
    page.offer(engines, naming);
    if (asking && conversation !== asking.conversation && conversation !== page.conversation()) return;
    page.go(conversation, "replaceState");
    one("#title").textContent = title;
    document.title = title ? `${title} – Assistant` : "Assistant";
    box().value = sessionStorage.getItem(draft()) ?? "";
    fit();
    pinned = true;
    requestAnimationFrame(() => requestAnimationFrame(toEnd));
  };

  page.forgetExamples = () => (suggested = false);

  Object.assign(page.doers, {
    new: () => {
      replaced = null;
      page.show("");
      page.closeSide();
      box().focus();
    },
    show: ({ conversation }) => {
      replaced = null;
      page.show(conversation);
      page.closeSide();
    },
    example: ({ question }) => ask(question),
    stop: () => {
      const turn = live();
      if (turn?.dataset.state === "asking") page.send("stop", { turn: turn.dataset.turn });
    },
    retry: ({ turn }, button) => {
      replaced = turn;
      ask(one("h3", button.closest("article")).textContent);
    },
    revise: ({ turn, question }) => {
      replaced = turn;
      page.fill(question);
      arrange();
    },
    "revise-not": () => {
      replaced = null;
      page.fill("");
      arrange();
    },
    undo: ({ turn }, button) => {
      const question = one("h3", button.closest("article")).textContent;
      page.send("undo", { turn });
      sessionStorage.setItem(draft(), question);
    },
    copy: async (_, button) => {
      const words = one(".words", button.closest(".answer")).cloneNode(true);
      all(".chip", words).forEach((chip) => (chip.textContent = `[${chip.textContent}]`));
      all(".sr", words).forEach((hint) => hint.remove());
      await navigator.clipboard.writeText(words.textContent);
      page.toast("Copied");
    },
    judge: ({ turn, verdict }, button) => {
      const off = button.getAttribute("aria-pressed") === "true";
      page.send("judge", { turn, verdict: off ? "" : verdict });
    },
    export: ({ format }) => page.send("export", { conversation: page.conversation(), format }),
    feedback: () => page.send("feedback"),
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    event.preventDefault();
    ask(box().value);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "question") return;
    fit();
    sessionStorage.setItem(draft(), box().value);
  });
  document.addEventListener(
    "scroll",
    (event) => {
      const area = event.target;
      if (area.id === "scroll") pinned = area.scrollHeight - area.scrollTop - area.clientHeight < 80;
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, dialog[open]");
    if (event.target.id === "question" && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      ask(box().value);
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box().focus();
    } else if (event.key === "Escape" && !one("dialog[open]")) {
      if (asking) page.doers.stop();
      else page.closeTopmost();
    }
  });
})();
