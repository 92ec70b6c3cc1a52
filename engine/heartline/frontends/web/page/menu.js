// What one can do with a conversation beside having it: save, invite, forget, delete.

import { ask, fetched, Refusal } from "./api.js";
import { button, confirmed, el, focus, words } from "./dom.js";
import { forget } from "./keeping.js";
import { privacy } from "./privacy.js";

export class Menu {
  /** `leave` is called with a sentence when the conversation is left for good. */
  constructor(token, { role, roles, scenario }, leave) {
    this.token = token;
    this.leave = leave;
    this.lang = scenario.language;
    this.said = el("p", { role: "status", class: "hint" });
    this.invitation = el("div", { class: "invitation" });
    const others = roles.filter((each) => !each.engine && each.id !== role);
    this.element = el("details", { class: "menu" },
      el("summary", {}, "This conversation: keep, invite, delete"),
      el("p", { class: "row" },
        button("Save as text", () => this.#save("text/plain", "conversation.txt")),
        button("Save as JSON", () => this.#save("application/json", "conversation.json")),
        others.map((each) => button(["Invite somebody to play ", words(each.name, this.lang)], () => this.#invite(each))),
        button("All conversations", () => leave("")),
        button("Forget it on this device", () => this.#forget()),
        button("Delete it everywhere", () => this.#delete(), { class: "grave" })),
      this.said, this.invitation, privacy());
  }

  async #save(type, name) {
    try {
      const answer = await fetched("GET", "conversation/transcript", {
        token: this.token, headers: { Accept: type },
      });
      const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      this.said.textContent = `Saved as ${name}.`;
    } catch (error) {
      this.said.textContent = `It could not be saved: ${error.message}`;
    }
  }

  async #invite(role) {
    this.said.textContent = "";
    let token;
    try {
      ({ token } = await ask("POST", "conversation/invitations", { token: this.token, body: { role: role.id } }));
    } catch (error) {
      this.said.textContent = `No invitation could be made: ${error.message}`;
      return;
    }
    const address = new URL(`#join=${token}`, document.baseURI).href;
    const field = el("input", { readonly: true, value: address, id: "invitation", onfocus: () => field.select() });
    const told = el("span", { role: "status" });
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(address);
        told.textContent = "Copied.";
      } catch {
        field.select();
        told.textContent = "It is marked: copy it with Ctrl and C.";
      }
    };
    this.invitation.replaceChildren(
      el("label", { for: "invitation" }, "Send this link to whoever plays ", words(role.name, this.lang), ":"),
      field, el("p", { class: "row" }, button("Copy the link", copy), told),
      el("p", { class: "hint" }, "Whoever opens it first takes the seat, and then it is used up. A new link ends this one."));
    focus(field);
  }

  #forget() {
    forget(this.token);
    this.leave("This device has forgotten the conversation. The server still has it.");
  }

  async #delete() {
    const question = "Delete this conversation everywhere, for everybody who takes part? It cannot be brought back.";
    if (!(await confirmed(question, "Delete it", "Keep it"))) return;
    try {
      await ask("DELETE", "conversation", { token: this.token });
    } catch (error) {
      if (!(error instanceof Refusal && error.gone)) {
        this.said.textContent = `It is not deleted: ${error.message} Try again.`;
        return;
      }
    }
    forget(this.token);
    this.leave("The conversation is deleted.");
  }
}
