/** JUnit XML: one suite per lab, one case per check, an extra case for a build that failed. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CheckResult } from "../events.ts";
import { printableLines } from "../printable.ts";
import { collectOutcomes, problemsOf, countResults, type LabOutcome } from "./outcome.ts";
import type { Reporter, ReporterDefinition, ReporterOptions } from "./reporter.ts";
import { checkTitle, failureFacts } from "./wording.ts";

/** Text and attribute values. */
export function escapeXml(text: string): string {
  return printableLines(text)
    .replace(/[\uFFFE\uFFFF]/g, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("##", "#&#35;"); // of a log that the file is printed in
}

function caseXml(lab: LabOutcome, result: CheckResult): string {
  const { file, line } = result.source;
  const open = `    <testcase name="${escapeXml(checkTitle(result, lab.families))}" classname="${escapeXml(lab.labName)}" file="${escapeXml(file)}" line="${line}" time="${(result.ms / 1000).toFixed(3)}"`;
  if (result.status === "passed")
    return result.explain === undefined
      ? `${open}/>`
      : `${open}>\n      <system-out>because: ${escapeXml(result.explain.trim())}</system-out>\n    </testcase>`;
  if (result.status === "skipped")
    return `${open}>\n      <skipped message="${escapeXml(result.reason ?? "")}"/>\n    </testcase>`;
  const facts = failureFacts(result).map(({ label, text }) => `${label}: ${text}`);
  const body = [...facts, ...(result.matrix === undefined ? [] : [result.matrix])].join("\n");
  return `${open}>\n      <failure type="${escapeXml(result.kind)}" message="${escapeXml(`expected ${result.expected}; got ${result.got}`)}">${escapeXml(body)}</failure>\n    </testcase>`;
}

function suiteXml(lab: LabOutcome): string {
  const cases = lab.results.map((result) => caseXml(lab, result));
  const problems = problemsOf(lab);
  if (problems.length > 0) {
    const text = problems.join("\n");
    cases.unshift(
      `    <testcase name="build" classname="${escapeXml(lab.labName)}" time="${((lab.buildMs ?? 0) / 1000).toFixed(3)}">\n` +
        `      <error message="${escapeXml(text.split("\n")[0] ?? "")}">${escapeXml(text)}</error>\n    </testcase>`,
    );
  }
  const { failed, skipped } = countResults(lab);
  return (
    `  <testsuite name="${escapeXml(lab.labName)}" tests="${cases.length}" failures="${failed}" errors="${problems.length > 0 ? 1 : 0}" ` +
    `skipped="${skipped}" time="${lab.seconds.toFixed(3)}"${lab.file === undefined ? "" : ` file="${escapeXml(lab.file)}"`}>\n${cases.join("\n")}\n  </testsuite>`
  );
}

/** The whole document. */
export function formatJunit(labs: Iterable<LabOutcome>): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="k8snet-lab">\n${[...labs].map((lab) => `${suiteXml(lab)}\n`).join("")}</testsuites>\n`;
}

function makeJunitReporter(options: ReporterOptions): Reporter {
  const outcomes = collectOutcomes(options.suite);
  return {
    onEvent: outcomes.onEvent,
    end() {
      const file = options.file ?? "junit.xml";
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, formatJunit(outcomes.labs.values()));
    },
  };
}

export const junitReporter: ReporterDefinition = {
  name: "junit",
  use: { by: "file", help: "write a JUnit XML report" },
  make: makeJunitReporter,
};
