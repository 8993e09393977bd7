/** `k8snet-lab ls`: which labs are up, and in which state. */
import type { Command } from "commander";
import type { AgentClient } from "../../agent/client.ts";
import type { StoredLab } from "../../agent/protocol.ts";
import { readStoredLab } from "../../agent/stored-lab.ts";
import type { Driver, RunningLab } from "../../drivers/driver.ts";
import { paint } from "../../report/color.ts";
import { formatTable } from "../../report/table.ts";
import { formatAge } from "../../report/wording.ts";
import type { CliContext } from "../context.ts";
import { loadDrivers } from "../driver.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { count } from "../../counting.ts";
import { describeFault } from "../../faults/inject.ts";
import { reviveLab } from "../../load/revive-lab.ts";
import { labNodes, labPods } from "../../cluster/lab-clusters.ts";

interface Row extends RunningLab {
  readonly title: string | null;
  readonly file: string | null;
  readonly pods: number | null;
  readonly nodes: number | null;
  /** What was injected and is active: `loss: node1/eth0 loses 30 % …`. */
  readonly faults: readonly string[];
  /** ISO time of the last up. */
  readonly since: string | null;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "List the labs that this host has a record of. `dead`: its agent is gone; up brings it back, down or gc removes it. `does not answer`: its agent exists but is stopped or stuck; down ends it. `unusable`: part of its record has been replaced by something else.",
    )
    .option("--json", "one JSON array");
  addDriverOptions(command).action(async (options: DriverOptions & { json?: boolean }) => {
    const ofDriver = async (driver: Driver): Promise<Row[]> =>
      Promise.all((await driver.list()).map((record) => describe(driver, record)));
    const rows = (await Promise.all((await loadDrivers(options)).map(ofDriver))).flat();
    rows.sort((a, b) => a.name.localeCompare(b.name) || a.driver.localeCompare(b.driver));
    if (options.json === true) {
      context.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      return;
    }
    if (rows.length === 0) {
      context.stderr.write("no lab is up\n");
      return;
    }
    const color = paint(context.stdout, context.env);
    const states = {
      up: color.green,
      building: color.yellow,
      "going-down": color.yellow,
      "no-answer": color.red,
      dead: color.red,
      unusable: color.red,
    } as const;
    const stateOf = ({ state, pid }: Row): string =>
      states[state](state === "no-answer" ? `does not answer (pid ${pid})` : state);
    for (const { name, trouble } of rows)
      if (trouble !== undefined) context.stderr.write(`lab ${name} is left alone: ${trouble}\n`);
    const show = (value: number | string | null): string => (value === null ? "-" : String(value));
    context.stdout.write(
      formatTable(
        ["NAME", "STATE", "DRIVER", "NODES", "PODS", "SINCE", "FILE"].map(color.bold),
        rows.map((row) => [
          row.name,
          row.lost === undefined || row.lost.length === 0
            ? `${stateOf(row)}${row.faults.length === 0 ? "" : color.yellow(`, ${count(row.faults.length, "fault")} on purpose`)}`
            : color.red(`${row.state}, lost: ${row.lost.join(" ")}`),
          row.rootless ? `${row.driver} (rootless)` : `${row.driver}${enginesOf(row)}`,
          show(row.nodes),
          show(row.pods),
          row.since === null ? "-" : formatAge(Date.now() - Date.parse(row.since)),
          show(row.file),
        ]),
      ),
    );
  });
  addExample(command, "k8snet-lab ls", "k8snet-lab ls --json | jq -r '.[].name'");
}

/** For a lab across several engines: their names, and which of them do not answer. */
function enginesOf({ engines }: RunningLab): string {
  if (engines === undefined) return "";
  return ` (${engines.map(({ name, answers }) => (answers ? name : `${name} does not answer`)).join(", ")})`;
}

async function describe(driver: Driver, record: RunningLab): Promise<Row> {
  const unknown = { ...record, title: null, file: null, pods: null, nodes: null, faults: [], since: null };
  if (record.state === "unusable") return unknown;
  const of = (stored: StoredLab | null): Row => {
    if (stored === null) return unknown;
    const lab = reviveLab(stored);
    const pods = labPods(lab).length;
    const nodes = lab.clusters.length === 0 ? lab.topology.nodes.length : labNodes(lab).length;
    return {
      ...record,
      title: lab.title ?? null,
      file: lab.file,
      pods,
      nodes,
      faults: (lab.injected ?? []).map(describeFault),
      since: stored.at,
    };
  };
  let client: AgentClient | null = null;
  try {
    // Of an agent that is dead or does not answer, what it has stored.
    if (record.state === "dead" || record.state === "no-answer") return of(readStoredLab(record.folder));
    client = await driver.connect(record.name);
    return client === null ? unknown : of(await client.call("stored", {}));
  } catch {
    // It went away while we asked.
    return unknown;
  } finally {
    client?.close();
  }
}
