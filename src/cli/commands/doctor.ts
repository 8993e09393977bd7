/** `k8snet-lab doctor`: what this host can and cannot do, and the commands that fix it. */
import { count } from "../../counting.ts";
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import { paint } from "../../report/color.ts";
import { formatTable } from "../../report/table.ts";
import type { CliContext } from "../context.ts";
import type { Finding } from "../../doctor/finding.ts";
import { loadDriver } from "../driver.ts";
import { addDriverOptions, addExample, addNetworkOptions } from "../options.ts";
import type { DriverOptions, NetworkOptions } from "../options.ts";

interface DoctorOptions extends DriverOptions, NetworkOptions {
  readonly json?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Check privileges, tools, kernel features and leftovers; with a lab file also the neighbour tables that it needs. Exit code 3 when labs cannot be built.",
    )
    .argument("[LAB.yaml...]", "lab files to run here")
    .option("--json", "one JSON array of {area, name, status, text, fix}");
  addDriverOptions(addNetworkOptions(command)).action(async (files: readonly string[], options: DoctorOptions) => {
    const driver = await loadDriver(options);
    const { findLeftovers } = await import("../../doctor/leftovers.ts");
    // Only the engine's machine knows what it has.
    const here = driver.name === "docker" ? await findEngine(context, options) : await findHost(context);
    const findings: Finding[] = [...here, ...(await findLeftovers(driver))];
    for (const file of files) findings.push(...(await forLab(file, driver.name, options, context)));
    if (findings.some((finding) => finding.status === "missing")) context.exitCode = EXIT.unfitHost;
    context.stdout.write(
      options.json === true ? `${JSON.stringify(findings, null, 2)}\n` : formatFindings(findings, context),
    );
  });
  addExample(command, "k8snet-lab doctor", "k8snet-lab doctor labs/large.yaml");
}

async function findEngine({ env }: CliContext, { context = [], engines = [] }: DriverOptions): Promise<Finding[]> {
  const { findEngineFitness } = await import("../../doctor/engine.ts");
  return findEngineFitness(env, [...new Set([...context, ...engines])]);
}

async function findHost({ env }: CliContext): Promise<Finding[]> {
  const [{ findPrivileges }, { findTools }, { findKernelFeatures }] = await Promise.all([
    import("../../doctor/privileges.ts"),
    import("../../doctor/tools.ts"),
    import("../../doctor/kernel-features.ts"),
  ]);
  return [...(await findPrivileges()), ...findTools(env), ...(await findKernelFeatures())];
}

/** What one lab needs in addition: room in the neighbour tables, and its programs. */
async function forLab(file: string, driver: string, options: NetworkOptions, context: CliContext): Promise<Finding[]> {
  const { loadFile } = await import("../load-file.ts");
  const { planResources } = await import("../../plan/plan-lab.ts");
  const { foreseeNeighbours } = await import("../../doctor/neighbours.ts");
  const { missingPrograms } = await import("../../drivers/lab-programs.ts");
  const { lab } = await loadFile(file, context, options);
  const { findFitness } = await import("../../apply/required-features.ts");
  const resources = planResources(lab);
  const missing = driver === "docker" ? [] : missingPrograms(lab);
  const { lacks, standIns } = driver === "docker" ? { lacks: [], standIns: [] } : findFitness(resources);
  const { hostLinksIn } = await import("../../resources/hostlink/definition.ts");
  const { labCommands } = await import("../../load/without-commands.ts");
  const { rights } = await import("../foreign-commands.ts");
  const commands = labCommands(lab);
  return [
    {
      area: "privileges",
      name: `commands of ${lab.name}`,
      status: "ok",
      text:
        commands.length === 0
          ? `${lab.name} runs no programs of its own`
          : `${lab.name} runs ${commands.length} programs ${rights({ driver, uid: process.geteuid?.() })}: build it only if you trust it, or with --no-commands`,
    },
    ...hostLinksIn(resources).map(({ ns, name, host, type }): Finding => ({
      area: "privileges",
      name: `link to this host's ${host}`,
      status: "warn",
      text: `lab ${lab.name} has one at ${ns}/${name}${type === "macvlan" ? " (macvlan)" : ""}: only root builds it, in namespaces, not in containers`,
      fix: "build it with --allow-host-links if you trust the lab",
    })),
    foreseeNeighbours(resources, lab),
    ...standIns.map(({ feature, text }): Finding => ({
      area: "kernel",
      name: feature,
      status: "ok",
      text: `${text} (lab ${lab.name})`,
    })),
    ...lacks.map(({ name, area, use, detail, fix }): Finding => ({
      area,
      name,
      status: "missing",
      text: `needed by lab ${lab.name} for ${use}: ${detail}`,
      fix: `sudo ${fix}`,
    })),
    ...missing.map(({ program, where, package: name }): Finding => ({
      area: "tools",
      name: program,
      status: "missing",
      text: `not found; lab ${lab.name} runs it in ${where.join(", ")}`,
      fix: `sudo apt-get install ${name}`,
    })),
  ];
}

function formatFindings(findings: readonly Finding[], context: CliContext): string {
  const color = paint(context.stdout, context.env);
  const marks = { ok: color.green("✓"), warn: color.yellow("!"), missing: color.red("✗") } as const;
  const out: string[] = [];
  for (const area of new Set(findings.map((finding) => finding.area))) {
    const rows = findings.filter((finding) => finding.area === area);
    out.push(`${color.bold(area)}\n`);
    const table = formatTable(
      [],
      rows.map(({ status, name, text }) => [marks[status], name, text]),
      "  ",
    )
      .trimEnd()
      .split("\n");
    for (const [i, row] of table.entries()) {
      out.push(`${row}\n`);
      const fix = rows[i]?.fix;
      if (fix !== undefined) out.push(`      ${color.cyan("fix:")} ${fix}\n`);
    }
  }
  const missing = findings.filter((finding) => finding.status === "missing").length;
  const warnings = findings.filter((finding) => finding.status === "warn").length;
  out.push(
    missing > 0
      ? `\n${color.red(`labs cannot be built here: ${missing} missing`)}\n`
      : `\n${color.green("ready")}${warnings > 0 ? `, ${count(warnings, "warning")}` : ""}\n`,
  );
  return out.join("");
}
