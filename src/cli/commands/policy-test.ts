/** `k8snet-lab policy test`: a lab around plain manifests, every connection that matters probed with packets, the matrix and what it should be. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { EXIT, type Diagnostic } from "../../errors.ts";
import { connectionsAcross, groupVerdicts, policyConnections } from "../../oracle/policy/policy-connections.ts";
import { causeOf } from "../../oracle/policy/policy-oracle.ts";
import { policyOpenings } from "../../oracle/policy/policy-openings.ts";
import { POLICY_BACKEND_NAMES, type PolicyBackendName } from "../../cluster/policy/backends.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { PolicyLab } from "../../load/policy-manifests.ts";
import { policyWorld } from "../../cluster/policy/policy-world.ts";
import { printableLines } from "../../printable.ts";
import { detectCi } from "../../report/ci.ts";
import { makePaint, paint } from "../../report/color.ts";
import { formatPolicyMatrix, formatVerdict } from "../../report/policy-matrix.ts";
import { appendSummary } from "../../report/summary.ts";
import type { CliContext } from "../context.ts";
import { loadDriver } from "../driver.ts";
import { addExample, addTuneOption } from "../options.ts";
import { addRunOptions } from "../run-options.ts";
import { isMachineOutput, makeOutput } from "../output.ts";
import { diffBaseline, isEmpty, readBaseline, saveBaseline } from "../policy/baseline.ts";
import { isolationText, isPodless, PODLESS } from "../policy/isolation.ts";
import { addManifestOptions, leftOutText, loadManifests, ofCluster } from "../policy/load-manifests.ts";
import type { ManifestOptions } from "../policy/load-manifests.ts";
import { expectationChecks, verdictChecks, type ExpectationPlan } from "../policy/policy-checks.ts";
import { makeStartGate } from "../../workflow/start-gate.ts";
import { testLab, type TestOptions } from "./test.ts";

interface PolicyTestOptions extends ManifestOptions, TestOptions {
  readonly expect?: string;
  readonly save?: string;
  readonly diff?: string;
  readonly sarif?: string;
  readonly backend?: PolicyBackendName;
}

/** Wrong connections explained one by one at most. */
const EXPLAINED = 20;

export function configurePolicyTest(command: Command, context: CliContext): void {
  addManifestOptions(command)
    .description(
      "Build a lab around the namespaces, workloads and policies of manifests, probe every declared port from everywhere with real packets, print who reaches whom. Exit code 1 when packets differ from the policies, from the expectation or from the baseline.",
    )
    .option("--expect <FILE>", "expect: a list of `allow FROM -> TO [PORT]` and `deny …`; the first match decides")
    .option("--save <FILE>", "save who may reach whom as a baseline")
    .option("--diff <FILE>", "what these manifests open and close compared with a baseline")
    .option("--sarif <FILE>", "write mismatches as SARIF 2.1.0")
    .addOption(new Option("--backend <NAME>", "the policy backend of the nodes").choices(POLICY_BACKEND_NAMES))
    .option("--keep", "leave the lab up on failure, for inspection")
    .option("--no-commands", "no effect here: policy test never runs the manifests' programs; its pods are stand-ins");
  addRunOptions(addTuneOption(command)).action(async (options: PolicyTestOptions) => runTest(options, context));
  addExample(
    command,
    "sudo k8snet-lab policy test -f manifests/",
    "sudo k8snet-lab policy test -f manifests/ --expect expect.yaml --junit junit.xml",
    "sudo k8snet-lab policy test -f manifests/ --diff baseline.json",
  );
}

async function runTest(options: PolicyTestOptions, context: CliContext): Promise<void> {
  const loaded = await loadManifests(options, context, {
    name: `policy-${process.pid}`,
    backend: options.backend,
    quiet: true,
  });
  const inputs = [...(options.filename ?? []), ...(options.cluster ?? [])];
  const { loadExpectation } = await import("../../load/policy-expectation.ts");
  const lines = options.expect === undefined ? [] : loadExpectation(options.expect, context.cwd);
  const before = options.diff === undefined ? undefined : readBaseline(resolve(context.cwd, options.diff));
  const { clusters } = loaded.lab;
  const connections = clusters.flatMap((cluster) => [
    ...policyConnections(loaded.lab, cluster),
    ...clusters.flatMap((other) => (other === cluster ? [] : connectionsAcross(loaded.lab, cluster, other))),
  ]);
  // Ports that no container declares are included where a line names one.
  const asked = lines.flatMap(({ asks, matches }) => (asks === undefined || connections.some(matches) ? [] : [asks]));
  const more = clusters.flatMap((cluster) => policyConnections(loaded.lab, cluster, policyWorld(cluster), asked));
  const expectation = expectationChecks(lines, [...connections, ...more], loaded.lab);
  const verdicts = verdictChecks(connections, loaded.lab);
  const lab = { ...loaded.lab, checks: [...verdicts, ...expectation.checks] };

  const driver = await loadDriver(options);
  const output = makeOutput(context, options, { main: true, suite: `policy test ${inputs.join(" ")}` });
  context.interrupt.arm("interrupted; taking everything down; Ctrl-C again quits immediately");
  const code = await testLab(inputs[0] ?? "", {
    driver,
    output,
    started: performance.now(),
    options,
    context,
    gate: makeStartGate((text) => void context.stderr.write(text)),
    load: async () => ({ lab, warnings: notes(loaded) }),
  });
  await output.end();
  context.exitCode = context.interrupt.signal.aborted ? EXIT.interrupted : code;
  if (context.exitCode !== EXIT.ok && context.exitCode !== EXIT.checkFailed) return;
  const write = (text: string): void => void (isMachineOutput(options) ? context.stderr : context.stdout).write(text);
  const color = paint(context.stdout, context.env);
  write(`\n${formatPolicyMatrix(connections, color)}`);
  for (const cluster of clusters)
    write(isolationText(cluster)?.replaceAll(/^(?=.)/gm, `  ${ofCluster(cluster)}`) ?? "");
  const summary = context.env["GITHUB_STEP_SUMMARY"];
  if (detectCi(context.env) === "github" && summary !== undefined)
    appendSummary(
      summary,
      `\n\`\`\`\`text\n${printableLines(formatPolicyMatrix(connections, makePaint(false)))}\`\`\`\`\n`,
      (text) => void context.raw.stderr.write(text),
    );
  for (const { cluster, leftOut } of loaded.parts) {
    const left = leftOutText(leftOut);
    if (left !== undefined) write(`  ${ofCluster(cluster)}${left}\n`);
  }
  if (connections.some(({ protocol }) => protocol === "SCTP")) write(`  SCTP: ${sctpNote(driver.name)}\n`);
  reportExpectation(expectation, write, context);
  if (options.sarif !== undefined) await writeFindings(resolve(context.cwd, options.sarif), expectation);
  const now = {
    verdicts: groupVerdicts(connections),
    openings: allOpenings(clusters),
  };
  if (before !== undefined) {
    const diff = diffBaseline(before, now);
    const list = (sign: string, texts: readonly string[]): void =>
      texts.forEach((text) => write(`  ${sign} ${text}\n`));
    write(isEmpty(diff) ? `\nnothing differs from ${options.diff}\n` : `\nagainst ${options.diff}:\n`);
    list(color.red("opens"), diff.opened);
    list(color.yellow("closes"), diff.closed);
    list("new", diff.appeared);
    list("gone", diff.gone);
    if (!isEmpty(diff)) {
      write(`  if this is intended, save it: --save ${options.diff}\n`);
      context.exitCode = EXIT.checkFailed;
    }
  }
  if (options.save !== undefined) {
    saveBaseline(resolve(context.cwd, options.save), now);
    write(`saved: ${options.save} (${now.verdicts.size} connections)\n`);
  }
}

/** Undefined: there are too many pairs in one of them. */
function allOpenings(clusters: readonly ClusterModel[]): ReadonlyMap<string, string> | undefined {
  const all = clusters.map((cluster) => policyOpenings(cluster, policyWorld(cluster)));
  return all.every((one) => one !== undefined) ? new Map(all.flatMap((one) => [...one])) : undefined;
}

/** How SCTP connections were proved, which depends on the kernel: an engine may be on another machine. */
function sctpNote(driver: string): string {
  if (driver === "docker")
    return 'the first packet was sent by hand; an answer, or "protocol unreachable" where the engine\'s kernel has no SCTP, proves that it arrived; the rules were read as well';
  return readFileSync("/proc/net/protocols", "utf8").includes("SCTP")
    ? "real associations: this kernel has SCTP"
    : 'this kernel has no SCTP: the first packet was sent by hand, and "protocol unreachable" from the pod proves that it arrived; the rules were read as well';
}

function notes({ warnings, parts }: PolicyLab): readonly Diagnostic[] {
  const list: Diagnostic[] = [...warnings];
  for (const { cluster, implied } of parts) {
    const of = ofCluster(cluster);
    if (isPodless(cluster)) list.push({ severity: "warning", message: `${of}${PODLESS}` });
    if (implied.size > 0)
      list.push({
        severity: "warning",
        message: `${of}no manifest declares namespace ${[...implied].join(", ")}: assumed to have no labels except its name`,
        hint: "add the Namespace, if policies select it by its labels",
      });
  }
  return list;
}

function reportExpectation(plan: ExpectationPlan, write: (text: string) => void, context: CliContext): void {
  if (plan.wrong.length > 0) write("\nnot as expected:\n");
  for (const { connection, line } of plan.wrong.slice(0, EXPLAINED))
    write(`  ${formatVerdict(connection)}\n    expected: ${line.text} (${line.source.file}:${line.source.line})\n`);
  if (plan.wrong.length > EXPLAINED) write(`  … ${plan.wrong.length - EXPLAINED} more\n`);
  for (const line of plan.unused)
    write(`  ${line.source.file}:${line.source.line}: "${line.text}" matches no connection; check the names\n`);
  if (plan.wrong.length + plan.unused.length > 0) context.exitCode = EXIT.checkFailed;
}

async function writeFindings(file: string, plan: ExpectationPlan): Promise<void> {
  const { writeSarif } = await import("../../report/sarif.ts");
  const { packageVersion } = await import("../../agent/version.ts");
  const wrong = plan.wrong.map(({ connection, line }) => {
    const { ingress, egress } = connection.judgement;
    const guilty = [ingress, egress].find(({ allowed }) => allowed !== line.allow);
    const cause = guilty === undefined ? undefined : causeOf(guilty);
    return {
      rule: line.allow ? "expected-allow" : "expected-deny",
      level: "error" as const,
      message: `${formatVerdict(connection)}; expected: ${line.text}`,
      source: cause?.source ?? line.source,
    };
  });
  const unused = plan.unused.map((line) => ({
    rule: "unused-expectation",
    level: "warning" as const,
    message: `"${line.text}" matches no connection`,
    source: line.source,
  }));
  const rules = {
    "expected-allow": "a connection that should be allowed is denied",
    "expected-deny": "a connection that should be denied is allowed",
    "unused-expectation": "an expectation that matches nothing",
  };
  writeSarif(file, [...wrong, ...unused], rules, packageVersion());
}
