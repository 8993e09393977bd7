/** `k8snet-lab policy lint`: what is probably not meant in the manifests' policies; nothing is built. */
import { count } from "../../counting.ts";
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT, formatDiagnostic } from "../../errors.ts";
import { lintPolicies, LINT_RULES, type LintFinding } from "../../oracle/policy-lint/lint-rules.ts";
import { allPolicies } from "../../cluster/policy/all-policies.ts";
import { policyWorld } from "../../cluster/policy/policy-world.ts";
import { printableJson } from "../../printable.ts";
import { detectCi } from "../../report/ci.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { absentText, isolationText, isPodless } from "../policy/isolation.ts";
import { addManifestOptions, loadManifests, ofCluster, type ManifestOptions } from "../policy/load-manifests.ts";
import { packageVersion } from "../../agent/version.ts";
import { mustBeWritable } from "../writable.ts";

interface LintOptions extends ManifestOptions {
  readonly json?: boolean;
  readonly sarif?: string;
  readonly ignore?: readonly string[];
}

export function configurePolicyLint(command: Command, context: CliContext): void {
  addManifestOptions(command)
    .description(
      "Find likely mistakes in NetworkPolicies, with file and line. Builds nothing. Exit code 1 when there is a finding.",
    )
    .option(
      "--ignore <RULE>",
      "skip a rule; may be given several times",
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option("--json", "one JSON object per finding and line: {rule, message, hint, source}")
    .option("--sarif <FILE>", "write the findings as SARIF 2.1.0")
    .addHelpText(
      "after",
      `\nRules:\n${Object.entries(LINT_RULES)
        .map(([rule, { summary }]) => `  ${rule.padEnd(20)}${summary}`)
        .join("\n")}`,
    )
    .action(async (options: LintOptions) => {
      mustBeWritable(options, context);
      const loaded = await loadManifests(options, context);
      const linted = loaded.parts.map(({ cluster, serviceAddresses, customResources }) => {
        const podless = isPodless(cluster);
        const world = { ...policyWorld(cluster, serviceAddresses), customResources };
        const own = lintPolicies(world, { podless }).filter(({ rule }) => options.ignore?.includes(rule) !== true);
        return { cluster, absent: podless ? undefined : absentText(world), own };
      });
      const findings = linted.flatMap(({ own }) => own);
      await print(findings, options, context);
      if (options.sarif !== undefined) {
        const { writeSarif } = await import("../../report/sarif.ts");
        const rules = Object.fromEntries(Object.entries(LINT_RULES).map(([rule, { summary }]) => [rule, summary]));
        const results = findings.map((finding) => ({
          ...finding,
          level: "warning" as const,
          message: `${finding.message}. ${finding.hint}`,
        }));
        writeSarif(resolve(context.cwd, options.sarif), results, rules, packageVersion());
      }
      for (const { cluster, absent, own } of linted) {
        const of = ofCluster(cluster);
        if (absent !== undefined) context.stderr.write(`note: ${of}${absent}\n`);
        const open = isolationText(cluster);
        if (open !== undefined) context.stderr.write(open.replaceAll(/^(?=.)/gm, `note: ${of}`));
        const policies = count(allPolicies(cluster).length, "policy", "policies");
        if (options.json !== true) context.stdout.write(`${of}${policies}, ${count(own.length, "finding")}\n`);
      }
      if (findings.length > 0) context.exitCode = EXIT.checkFailed;
    });
  addExample(
    command,
    "k8snet-lab policy lint -f manifests/",
    "k8snet-lab policy lint -f manifests/ --sarif lint.sarif",
    "k8snet-lab policy lint --cluster east=manifests/east --cluster west=manifests/west",
  );
}

async function print(findings: readonly LintFinding[], options: LintOptions, context: CliContext): Promise<void> {
  for (const finding of findings) {
    context.stdout.write(
      options.json === true
        ? `${printableJson(finding)}\n`
        : `${formatDiagnostic({ ...finding, severity: "warning", message: `${finding.message} [${finding.rule}]` })}\n`,
    );
  }
  if (detectCi(context.env) !== "github" || options.json === true) return;
  const { formatAnnotation } = await import("../../report/github.ts");
  for (const { rule, message, hint, source } of findings)
    context.raw.stdout.write(
      `${formatAnnotation({ level: "warning", title: rule, message: `${message}\n${hint}`, ...source })}\n`,
    );
}
