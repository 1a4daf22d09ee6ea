// Sources: what a chip says on hovering, and the panel that opens where the quote stands.
(() => {
  const page = window.assistantPage;
  const { one } = page;
  let shown = null; // what the panel has shown last
  let opener = null; // where the focus goes back to
  let wanted = false; // whether the next change of the panel is meant to open it

  const open = (button, name, data) => {
    if (!button.closest("#source")) opener = button;
    wanted = true;
    hideTip();
    page.send(name, data);
  };

  const toMark = () => {
    const panel = one("#source");
    const mark = one("mark.quote", panel) ?? one(".passage", panel);
    if (!mark) {
      panel.scrollTop = 0;
      return;
    }
    const header = one("header", panel).offsetHeight;
    const room = panel.clientHeight - header;
    const above = mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - header;
    panel.scrollTop += above - Math.max(12, Math.min(room / 3, room - mark.getBoundingClientRect().height - 12));
  };

  const markChips = () => {
    const at = one("#source [data-citation]")?.dataset.citation;
    const open = one("#app").dataset.source === "open";
    for (const chip of page.all("#middle .chip[data-turn]")) {
      const here = open && `${chip.dataset.turn}-${chip.dataset.number}` === at;
      if (here) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
    }
  };

  page.arrangers.push(() => {
    if (one("#app")) markChips();
    const now = one("#source .shown")?.dataset.shown;
    if (!now || now === shown) return;
    shown = now;
    if (!wanted) return;
    wanted = false;
    one("#app").dataset.source = "open";
    markChips();
    requestAnimationFrame(() => {
      toMark();
      one("#source h2").focus({ preventScroll: true });
    });
  });

  page.closeSource = () => {
    if (one("#app").dataset.source !== "open") return false;
    delete one("#app").dataset.source;
    markChips();
    (opener?.isConnected ? opener : one("#question")).focus({ preventScroll: true });
    return true;
  };

  Object.assign(page.doers, {
    cite: ({ turn, number }, button) => open(button, "cite", { turn, number }),
    near: ({ turn, number }, button) => open(button, "near", { turn, number }),
    read: ({ document, at }, button) => {
      page.closeSide();
      open(button, "read", { document, at });
    },
    "close-source": () => page.closeSource(),
  });

  // The HTML of an answer that is being written is renewed many times a second: a press may never become a click.
  document.addEventListener("pointerdown", (event) => {
    const chip = event.target.closest?.("#live [data-state=asking] button.chip");
    if (chip) page.doers.cite(chip.dataset, chip);
  });

  const tip = () => one("#tip");
  const hideTip = () => {
    if (!tip() || tip().hidden) return false;
    tip().hidden = true;
    return true;
  };
  page.hideTip = hideTip;
  const showTip = (chip) => {
    const box = tip();
    const quote = document.createElement("q");
    quote.textContent = chip.dataset.quote;
    const where = document.createElement("span");
    where.textContent = chip.dataset.where;
    box.replaceChildren(quote, where);
    box.hidden = false;
    chip.setAttribute("aria-describedby", "tip");
    const at = chip.getBoundingClientRect();
    const size = box.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left - 20), innerWidth - size.width - 8);
    const above = at.top - size.height - 8;
    box.style.left = `${left}px`;
    box.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  };
  for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    document.addEventListener(on, (event) => {
      const chip = event.target.closest?.(".chip[data-quote]");
      if (chip && event.pointerType !== "touch") showTip(chip);
    });
    document.addEventListener(off, (event) => {
      if (event.target.closest?.(".chip[data-quote]")) hideTip();
    });
  }
  document.addEventListener("scroll", hideTip, true);
})();
