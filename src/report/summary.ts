/** The job summary of GitHub Actions: a Markdown table per lab, appended to the file that GITHUB_STEP_SUMMARY names. */
import { count } from "../counting.ts";
import { messageOf } from "../errors.ts";
import { appendFileSync } from "node:fs";
import { printable } from "../printable.ts";
import { formatAnnotation } from "./github.ts";
import { collectOutcomes, countResults, type LabOutcome } from "./outcome.ts";
import type { Reporter, ReporterDefinition, ReporterOptions } from "./reporter.ts";
import { checkTitle, failureFacts, formatDuration } from "./wording.ts";

const cell = (text: string): string =>
  printable(text.replaceAll(/\s*\n\s*/g, " "))
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_[\]|~]|:(?=\/\/)/g, (char) => `&#${char.charCodeAt(0)};`);

export function formatSummary(lab: LabOutcome): string {
  const { passed, failed, skipped } = countResults(lab);
  const problems = lab.failures.length + lab.errors.length;
  const broken = failed + problems > 0;
  const lines = [
    `### ${broken ? "❌" : "✅"} ${lab.labName}${lab.title === undefined ? "" : ` — ${cell(lab.title)}`}`,
    "",
    `${passed} passed, ${failed} failed, ${skipped} skipped${lab.buildMs === undefined ? "" : `; built in ${formatDuration(lab.buildMs)}`}`,
    "",
  ];
  if (lab.results.length > 0) {
    const mark = { passed: "✅", failed: "❌", skipped: "⏭️" } as const;
    lines.push("| | check | time | |", "| --- | --- | --- | --- |");
    for (const result of lab.results) {
      const story =
        result.status === "failed"
          ? failureFacts(result)
              .filter(({ label }) => label !== "in file" && label !== "try")
              .map(({ label, text }) => `${label}: ${text}`)
              .join("; ")
          : (result.reason ?? result.explain ?? "");
      lines.push(
        `| ${mark[result.status]} | ${cell(checkTitle(result, lab.families))} | ${formatDuration(result.ms)} | ${cell(story)} |`,
      );
    }
    lines.push("");
  }
  for (const error of lab.errors) lines.push(`- ${cell(error.message)}`);
  for (const failure of lab.failures)
    lines.push(`- ${cell(failure.operation)}: ${cell(failure.stderr)} (${cell(failure.cause)})`);
  if (problems > 0) lines.push("", `${count(problems, "problem")} beside the checks.`, "");
  return `${lines.join("\n")}\n`;
}

/** Not requested on the command line: a write failure becomes an annotation and does not fail the run. */
export function appendSummary(file: string, text: string, command: ReporterOptions["command"]): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    const message = messageOf(error);
    command(`${formatAnnotation({ level: "warning", title: "the job summary could not be written", message })}\n`);
  }
}

function makeSummaryReporter(options: ReporterOptions): Reporter {
  const outcomes = collectOutcomes(options.suite);
  return {
    onEvent: outcomes.onEvent,
    end() {
      if (options.file === undefined) return;
      appendSummary(options.file, [...outcomes.labs.values()].map(formatSummary).join(""), options.command);
    },
  };
}

export const summaryReporter: ReporterDefinition = {
  name: "summary",
  use: { by: "ci", ci: "github", fileVariable: "GITHUB_STEP_SUMMARY" },
  make: makeSummaryReporter,
};
