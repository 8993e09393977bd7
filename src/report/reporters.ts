/** The reporters, in the order in which they hear of an event: to add one is a file and a line here. */
import { githubReporter } from "./github.ts";
import { jsonReporter } from "./json.ts";
import { junitReporter } from "./junit.ts";
import { plainReporter } from "./plain.ts";
import type { ReporterDefinition } from "./reporter.ts";
import { summaryReporter } from "./summary.ts";
import { tapReporter } from "./tap.ts";

export const REPORTERS: readonly ReporterDefinition[] = [
  plainReporter,
  jsonReporter,
  tapReporter,
  junitReporter,
  githubReporter,
  summaryReporter,
];
