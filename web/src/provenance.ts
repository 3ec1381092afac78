// A basis mark opens what the server knows about the figure. Without script the link is a page.
import { enhance } from "./enhance";
import { word } from "./words";

export function prepareProvenance(): void {
  enhance("[data-provenance]", (mark) => {
    mark.setAttribute("aria-haspopup", "dialog");
    mark.addEventListener("click", (event) => {
      const address = mark instanceof HTMLAnchorElement ? mark.href : mark.dataset["provenance"];
      const elsewhere = event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey);
      if (!address || elsewhere) return;
      event.preventDefault();
      void open(address, mark);
    });
  });
}

async function open(address: string, mark: HTMLElement): Promise<void> {
  const dialog = document.createElement("dialog");
  dialog.className = "sheet";
  dialog.setAttribute("aria-label", word("provenance"));
  const content = document.createElement("div");
  content.className = "sheet-content";
  content.setAttribute("aria-busy", "true");
  content.textContent = word("loading");
  dialog.append(closeButton(dialog), content);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    mark.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  content.replaceChildren(...(await load(address)));
  content.removeAttribute("aria-busy");
}

async function load(address: string): Promise<Node[]> {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true", Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page.querySelector("#provenance") ?? page.querySelector("main") ?? page.body;
    part.querySelectorAll("script").forEach((script) => script.remove());
    return [...part.childNodes].map((node) => document.importNode(node, true));
  } catch {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = word("openPage");
    return [document.createTextNode(`${word("failed")} `), link];
  }
}

function closeButton(dialog: HTMLDialogElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet sheet-close";
  button.textContent = word("close");
  button.addEventListener("click", () => dialog.close());
  return button;
}
