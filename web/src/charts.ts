// The door for pages with figures: tabs at once, each chart when it comes near the screen.
import { enhance, watchForNewContent } from "./enhance";
import { prepareFigure } from "./figure";

enhance("figure[data-figure]", prepareFigure);
watchForNewContent();
