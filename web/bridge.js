// The way between a person and Python: clicks go out as events, replies come in, and the address keeps what is open.
(() => {
  const page = (window.assistantPage = { doers: {}, replies: {}, arrangers: [] });
  let trigger = null;

  page.one = (selector, within = document) => within.querySelector(selector);
  page.all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Called by the bridge component when Gradio has mounted it.
  page.connect = (given) => {
    trigger = given;
    page.send("start", { conversation: page.conversation() });
  };

  page.send = (name, data = {}) => {
    if (trigger) trigger(name, { query: page.one("#find")?.value ?? "", ...data });
  };

  page.hear = (reply) => page.replies[reply.kind]?.(reply);

  // The open conversation stands in the address: it survives a reload, and belongs to this tab alone.
  page.conversation = () => location.hash.match(/^#c=([0-9a-f]{32})$/)?.[1] ?? "";
  page.go = (conversation, how = "pushState") => {
    if (conversation === page.conversation()) return;
    history[how](null, "", conversation ? `#c=${conversation}` : location.pathname + location.search);
  };
  page.show = (conversation) => {
    page.go(conversation);
    page.send("show", { conversation });
  };
  addEventListener("popstate", () => page.send("show", { conversation: page.conversation() }));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) page.doers[button.dataset.do]?.(button.dataset, button, event);
  });

  // Panels change when Python says so; what the browser alone knows is laid over them again after every change.
  let due = false;
  const arrange = () => {
    due = false;
    for (const arranger of page.arrangers) arranger();
  };
  new MutationObserver(() => {
    if (!due) {
      due = true;
      requestAnimationFrame(arrange);
    }
  }).observe(document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
    attributeFilter: ["data-shown", "data-state", "data-turn", "data-busy", "data-conversation"],
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) page.send("refresh", { conversation: page.conversation() });
  });
})();
