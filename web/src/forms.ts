// Small helps: the list of faults takes the focus, filters submit by themselves, menus close.
import { enhance } from "./enhance";

export function prepareForms(): void {
  enhance(".faults", (faults) => {
    faults.focus();
    faults.addEventListener("click", (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
      const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!field) return;
      event.preventDefault();
      field.scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
    });
  });

  enhance("form[data-autosubmit]", (form) => {
    form.addEventListener("change", () => (form as HTMLFormElement).requestSubmit());
  });

  enhance("details.menu", (menu) => {
    const details = menu as HTMLDetailsElement;
    document.addEventListener("click", (event) => {
      if (!details.contains(event.target as Node)) details.open = false;
    });
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      details.querySelector("summary")?.focus();
    });
  });

  keepCurrentStepInView();
}

function keepCurrentStepInView(): void {
  enhance("nav.steps, nav.rail", (nav) => {
    const current = nav.querySelector<HTMLElement>('[aria-current="page"]');
    if (current && nav.scrollWidth > nav.clientWidth) {
      nav.scrollLeft = current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
    }
  });
}
