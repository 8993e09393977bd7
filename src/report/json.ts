/** `--json`: the events themselves, one JSON object per line on stdout. The format is stable and described below. */
import type { StampedEvent } from "../events.ts";
import { printableJson } from "../printable.ts";
import type { Reporter, ReporterDefinition, ReporterOptions } from "./reporter.ts";
import { labNodes, labPods } from "../cluster/lab-clusters.ts";

/** The text about --json that the documentation shows. */
export const JSON_DOCS = `With \`--json\`, \`up\`, \`test\`, \`check\` and \`down\` print one JSON object per line on stdout. Logs and errors go to stderr.
Every object has \`type\`, \`labName\` and \`at\` (seconds since the command started). Fields may be added, never removed.

| type | further fields |
| --- | --- |
| \`lab\` | \`lab\` \`{name, title, file, families, nodes, pods, checks}\`, \`driver\`, \`converging\` (it was already running) |
| \`changed\` | \`lab\` as above: a step was done, and the pods have changed |
| \`diagnostic\` | \`diagnostic\` \`{severity, message, source {file, line, column}, hint, path}\` |
| \`note\` | \`level\` (info, warn), \`text\` |
| \`plan\` | \`operations\`: list of \`{id, action, node, cause, reason}\` |
| \`strangers\` | \`strangers\`: what exists but does not belong to the lab, \`[{place, what, command, unsure}]\`; \`command\` removes it |
| \`operation\` | \`operation\` \`{id, action, node, reason}\`, \`cause\`, \`status\` (started, done, failed), \`ms\`, \`failure\` |
| \`progress\` | \`phase\` (build, down), \`done\`, \`total\` |
| \`built\` | \`ms\`, \`operations\`, \`rolledBack\`, \`failures\` \`[{operation, command, stderr, cause}]\` |
| \`check-started\` | \`name\`, \`kind\` (of the check; \`step\`, and \`load\` for the requests during a step), \`index\` |
| \`check-attempt\` | \`name\`, \`attempt\` \`{label, ok, got, probe}\` |
| \`check-done\` | \`index\`, \`result\` \`{name, kind, source, status, family, expected, got, differs, dropped, lastSeen, explain, sightings, reason, reproduce, attempts, matrix, ms, expectedToFail}\` |
| \`packet\` | \`packet\` \`{capture, place, time, text}\`; if \`wrapped\` is set, this is a notice instead: the capture is full (\`wrapped\` bytes) and older packets are being overwritten |
| \`checks-done\` | \`passed\`, \`faulty\` (of these, those that failed as expected in a broken lab), \`failed\`, \`skipped\`, \`ms\` |
| \`down\` | \`removed\`, \`failures\`, \`ms\` |
| \`artifacts\` | \`folder\` |

\`status\` of a check is \`passed\`, \`failed\` or \`skipped\`. \`cause\` is \`{source, object, reason}\`.
`;

/** The event as printed: whole models are reduced to what the description above promises. */
export function jsonEvent(event: StampedEvent): object {
  if (event.type === "lab" || event.type === "changed") {
    const { lab, ...rest } = event;
    return {
      ...rest,
      lab: {
        name: lab.name,
        title: lab.title,
        file: lab.file,
        families: lab.families,
        nodes: (lab.clusters.length === 0 ? lab.topology.nodes : labNodes(lab)).map((node) => node.name),
        pods: labPods(lab).map(({ cluster, namespace, name, node, address }) => ({
          ...(cluster === undefined ? {} : { cluster }),
          namespace,
          name,
          node,
          address,
        })),
        checks: lab.checks.map((check) => ({ name: check.name, kind: check.kind })),
      },
    };
  }
  if (event.type === "plan") {
    const { plan, ...rest } = event;
    return {
      ...rest,
      operations: plan.operations.map(({ id, action, node, cause, reason }) => ({ id, action, node, cause, reason })),
    };
  }
  return event;
}

function makeJsonReporter(options: ReporterOptions): Reporter {
  return {
    onEvent(event) {
      options.write(`${printableJson(jsonEvent(event))}\n`);
    },
  };
}

export const jsonReporter: ReporterDefinition = {
  name: "json",
  use: { by: "flag", help: "one JSON object per event and line on stdout" },
  make: makeJsonReporter,
};
