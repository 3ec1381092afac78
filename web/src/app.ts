// The door for every page. Each behaviour is a file of its own.
import { watchForNewContent } from "./enhance";
import { showTablesWhenChartsFail } from "./fallback";
import { prepareFilters } from "./filter";
import { prepareForms } from "./forms";
import { prepareGrids } from "./grid";
import { preparePalette } from "./palette";
import { prepareProvenance } from "./provenance";
import { prepareSettings } from "./settings";
import { prepareSorting } from "./sort";

prepareSettings();
prepareForms();
prepareSorting();
prepareFilters();
prepareGrids();
prepareProvenance();
preparePalette();
showTablesWhenChartsFail();
watchForNewContent();
