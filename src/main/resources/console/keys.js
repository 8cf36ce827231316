/** Whether keys are meant for what has the focus, and not for the view. */
function isTyping(event) {
  const at = event.target;
  return event.ctrlKey || event.metaKey || event.altKey || event.isComposing
    || at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement
    || Boolean(document.querySelector("dialog[open]"));
}

/** Calls a view's keys while it is shown: a reactive controller. */
export class Keys {
  constructor(host, keys) {
    this.keys = keys;
    this.listen = event => {
      const act = this.keys[event.key];
      if (act && !isTyping(event)) {
        if (act(event) !== false) {
          event.preventDefault();
          event.stopImmediatePropagation();
        }
      }
    };
    host.addController(this);
  }

  hostConnected() {
    document.addEventListener("keydown", this.listen);
  }

  hostDisconnected() {
    document.removeEventListener("keydown", this.listen);
  }
}
