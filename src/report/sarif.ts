/** Findings as SARIF 2.1.0, which code hosts show at the lines of a pull request. */
import { writeFileSync } from "node:fs";
import type { SourceRef } from "../cause.ts";
import { printableJson } from "../printable.ts";

export interface SarifFinding {
  readonly rule: string;
  readonly level: "error" | "warning" | "note";
  readonly message: string;
  readonly source?: SourceRef | undefined;
}

export function sarif(
  findings: readonly SarifFinding[],
  rules: Readonly<Record<string, string>>,
  version: string,
): object {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "k8snet-lab",
            version,
            rules: Object.entries(rules).map(([id, text]) => ({ id, shortDescription: { text } })),
          },
        },
        results: findings.map(({ rule, level, message, source }) => ({
          ruleId: rule,
          level,
          message: { text: message },
          ...(source === undefined
            ? {}
            : {
                locations: [
                  {
                    physicalLocation: {
                      artifactLocation: { uri: source.file },
                      region: { startLine: source.line, startColumn: source.column },
                    },
                  },
                ],
              }),
        })),
      },
    ],
  };
}

export function writeSarif(
  file: string,
  findings: readonly SarifFinding[],
  rules: Readonly<Record<string, string>>,
  version: string,
): void {
  writeFileSync(file, `${printableJson(sarif(findings, rules, version), 2)}\n`);
}
