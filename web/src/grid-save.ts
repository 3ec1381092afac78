// Changed cells of a grid are sent together, soon after the last change, and each shows what became of it.
import { word } from "./words";

type Answer = { saved?: string[]; faults?: { name: string; message: string }[]; status?: string };
type State = "changed" | "saving" | "saved" | "failed";

class Refusal extends Error {}

const waitBeforeSaving = 500;
const waitBeforeRetry = 5000;

export function saveCells(form: HTMLFormElement): void {
  const waiting = new Set<HTMLInputElement>();
  const status = form.querySelector("[data-grid-status]");
  let timer = 0;
  let busy = false;
  let leaving = false;

  const say = (text: string) => {
    if (status) status.textContent = text;
  };
  const later = (delay: number) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void send(), delay);
  };

  const send = async () => {
    if (busy || waiting.size === 0) return;
    busy = true;
    const sent = [...waiting].map((input) => ({ input, value: input.value }));
    waiting.clear();
    sent.forEach(({ input }) => mark(input, "saving"));
    say(word("saving_"));
    try {
      const answer = await post(form, sent);
      const faults = new Map((answer.faults ?? []).map((fault) => [fault.name, fault.message]));
      for (const { input } of sent) {
        if (waiting.has(input)) continue;
        const message = faults.get(input.name);
        mark(input, message === undefined ? "saved" : "failed", message);
      }
      say(answer.status ?? (faults.size ? `${faults.size} ${word("cellFault")}` : word("saved")));
      if (waiting.size) later(waitBeforeSaving);
    } catch (error) {
      // A line that dropped is worth another try; a refusal (signed out, period locked) is not.
      const refused = error instanceof Refusal;
      for (const { input } of sent) {
        if (!refused) waiting.add(input);
        mark(input, refused ? "failed" : "changed");
      }
      say(word(refused ? "refused" : "notSaved"));
      if (!refused) later(waitBeforeRetry);
    } finally {
      busy = false;
    }
  };

  form.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.closest("[data-grid]") || !input.name) return;
    waiting.add(input);
    mark(input, "changed");
    later(waitBeforeSaving);
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && (waiting.size || busy)) event.preventDefault();
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
  });
}

async function post(form: HTMLFormElement, sent: { input: HTMLInputElement; value: string }[]): Promise<Answer> {
  const body = new URLSearchParams();
  for (const hidden of form.querySelectorAll<HTMLInputElement>("input[type=hidden]")) body.append(hidden.name, hidden.value);
  for (const { input, value } of sent) body.append(input.name, value);
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 422) throw new Refusal();
  if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
  return (await answer.json()) as Answer;
}

function mark(input: HTMLInputElement, state: State, message?: string): void {
  const cell = input.closest("td");
  if (cell) cell.dataset["state"] = state;
  input.title = message ?? "";
  if (state === "failed") input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}
