/** The registry of reporters: one file each, one line here. */
import { makeGithubReporter } from "./github.ts";
import { makeJsonReporter } from "./json.ts";
import { makeJunitReporter } from "./junit.ts";
import { makePlainReporter } from "./plain.ts";
import type { MakeReporter } from "./reporter.ts";
import { makeSummaryReporter } from "./summary.ts";
import { makeTapReporter } from "./tap.ts";

export const REPORTER_KINDS = ["plain", "json", "junit", "tap", "github", "summary"] as const;
export type ReporterKind = (typeof REPORTER_KINDS)[number];

export const REPORTERS = {
  plain: makePlainReporter,
  json: makeJsonReporter,
  junit: makeJunitReporter,
  tap: makeTapReporter,
  github: makeGithubReporter,
  summary: makeSummaryReporter,
} satisfies Record<ReporterKind, MakeReporter>;
