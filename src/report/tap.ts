/** `--tap`: TAP version 14 on stdout (https://testanything.org/tap-version-14-specification.html). */
import { printable, printableLines } from "../printable.ts";
import { collectOutcomes, problemsOf, type LabOutcome } from "./outcome.ts";
import type { Reporter, ReporterDefinition, ReporterOptions } from "./reporter.ts";
import { checkTitle, failureFacts } from "./wording.ts";

const escapeTap = (text: string): string =>
  printable(text.replaceAll(/\s*\n\s*/g, " "))
    .replaceAll("\\", "\\\\")
    .replaceAll("#", "\\#");

/** A YAML block scalar keeps any text as it is. */
function yamlBlock(facts: readonly { label: string; text: string }[]): string[] {
  return [
    "  ---",
    ...facts.flatMap(({ label, text }) => [
      `  ${label.replaceAll(" ", "_")}: |-`,
      ...printableLines(text)
        .trimEnd()
        .split("\n")
        .map((row) => `    ${row}`),
    ]),
    "  ...",
  ];
}

/** All labs as one TAP document. */
export function formatTap(labs: readonly LabOutcome[]): string {
  const lines: string[] = [];
  let n = 0;
  for (const lab of labs) {
    const problems = problemsOf(lab);
    if (problems.length > 0)
      lines.push(
        `not ok ${++n} - ${escapeTap(`${lab.labName}: build`)}`,
        ...yamlBlock([{ label: "error", text: problems.join("\n") }]),
      );
    for (const result of lab.results) {
      const title = `${lab.labName}: ${checkTitle(result, lab.families)}`;
      const skip = result.status === "skipped" ? ` # SKIP ${escapeTap(result.reason ?? "")}` : "";
      lines.push(`${result.status === "failed" ? "not ok" : "ok"} ${++n} - ${escapeTap(title)}${skip}`);
      if (result.status === "failed") lines.push(...yamlBlock(failureFacts(result)));
    }
  }
  return ["TAP version 14", ...lines, `1..${n}`, ""].join("\n");
}

function makeTapReporter(options: ReporterOptions): Reporter {
  const outcomes = collectOutcomes(options.suite);
  return {
    onEvent: outcomes.onEvent,
    end() {
      options.write(formatTap([...outcomes.labs.values()]));
    },
  };
}

export const tapReporter: ReporterDefinition = {
  name: "tap",
  use: { by: "flag", help: "TAP version 14 on stdout" },
  make: makeTapReporter,
};
