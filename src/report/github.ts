/** GitHub annotations: a failed check or a mistake appears at its line of the lab file in the pull request. */
import type { Family } from "../net/family.ts";
import { printableLines } from "../printable.ts";
import type { Reporter, ReporterDefinition, ReporterOptions } from "./reporter.ts";
import { checkTitle, failureFacts } from "./wording.ts";

// https://docs.github.com/actions/reference/workflow-commands-for-github-actions; the escapes are those of actions/toolkit.
const escapeData = (text: string): string =>
  printableLines(text).replaceAll("%", "%25").replaceAll("\n", "%0A").replaceAll("##", "#\\u0023");
const escapeProperty = (text: string): string => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

export interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export function formatAnnotation(annotation: Annotation): string {
  const { file, line, column, title } = annotation;
  const properties = Object.entries({ file, line, col: column, title }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escapeProperty(String(value))}`],
  );
  return `::${annotation.level} ${properties.join(",")}::${escapeData(annotation.message)}`;
}

function makeGithubReporter(options: ReporterOptions): Reporter {
  const annotate = (annotation: Annotation): void => options.command(`${formatAnnotation(annotation)}\n`);
  const families = new Map<string, readonly Family[]>();
  return {
    onEvent(event) {
      if (event.type === "lab") families.set(event.labName, event.lab.families);
      if (event.type === "check-done" && event.result.status === "failed") {
        const { result } = event;
        const message = failureFacts(result)
          .map(({ label, text }) => `${label}: ${text}`)
          .join("\n");
        annotate({
          level: "error",
          title: `${options.suite ?? event.labName}: ${checkTitle(result, families.get(event.labName) ?? [])}`,
          message,
          ...result.source,
        });
      } else if (event.type === "diagnostic") {
        const { severity, message, hint, source } = event.diagnostic;
        annotate({
          level: severity,
          title: `${event.labName}: ${severity}`,
          message: hint === undefined ? message : `${message}\nhint: ${hint}`,
          ...source,
        });
      } else if (event.type === "built" || event.type === "down") {
        for (const failure of event.failures)
          annotate({
            level: "error",
            title: `${event.labName}: ${failure.operation}`,
            message: `${failure.stderr}\n${failure.command}\n${failure.cause}`,
          });
      }
    },
  };
}

export const githubReporter: ReporterDefinition = {
  name: "github",
  use: { by: "ci", ci: "github" },
  make: makeGithubReporter,
};
