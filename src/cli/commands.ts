/** The registry of commands: their names, one line about each, and where their module is. */
import type { Command } from "commander";
import type { CliContext } from "./context.ts";

/** Adds description, arguments, options, example and action to a command. */
export type ConfigureCommand = (command: Command, context: CliContext) => void;

interface Entry {
  readonly summary: string;
  /** Help does not list it. */
  readonly hidden?: true;
  /** Modules are loaded only for the command that runs, so that light commands start fast. */
  readonly load: () => Promise<{ readonly configure: ConfigureCommand }>;
}

export interface CommandEntry extends Entry {
  /** The heading under which help lists it. */
  readonly group: string;
}

const GROUPS: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  "Build and check:": {
    up: {
      summary: "build a lab and check it; run again: change only what differs",
      load: () => import("./commands/up.ts"),
    },
    test: { summary: "up, check, down, for CI; several labs side by side", load: () => import("./commands/test.ts") },
    compare: {
      summary: "the same lab with several networks, side by side",
      load: () => import("./commands/compare.ts"),
    },
    check: { summary: "run the checks of a running lab again", load: () => import("./commands/check.ts") },
    fault: { summary: "break a running lab on purpose, and undo it", load: () => import("./commands/fault.ts") },
    chaos: { summary: "faults at random while the checks run", load: () => import("./commands/chaos.ts") },
    repair: { summary: "fix what differs from the lab, all or one", load: () => import("./commands/repair.ts") },
    down: { summary: "take a lab down", load: () => import("./commands/down.ts") },
    ls: { summary: "list running labs", load: () => import("./commands/ls.ts") },
  },
  "Look inside:": {
    describe: { summary: "the lesson of a lab, as text", load: () => import("./commands/describe.ts") },
    inspect: {
      summary: "every namespace, device, address, route and rule with its cause",
      load: () => import("./commands/inspect.ts"),
    },
    explain: {
      summary: "follow a packet to a Service through chains and rules, each with the line that caused it",
      load: () => import("./commands/explain.ts"),
    },
    diff: {
      summary: "what differs from the lab file, and what is not of it",
      load: () => import("./commands/diff.ts"),
    },
    solution: {
      summary: "what is broken on purpose in a lab, and how to fix it",
      load: () => import("./commands/solution.ts"),
    },
    modes: {
      summary: "how each node's kube-proxy mode handles a Service, measured",
      load: () => import("./commands/modes.ts"),
    },
    trace: {
      summary: "one packet, hop by hop: devices, rules, NAT, routes, and what differs where",
      load: () => import("./commands/trace.ts"),
    },
    probe: {
      summary: "whether one place reaches another, or a matrix of places; --watch says when that changes",
      load: () => import("./commands/probe.ts"),
    },
    exec: { summary: "run a command in a pod, a node or any namespace", load: () => import("./commands/exec.ts") },
    shell: {
      summary: "an interactive shell in a pod, a node or any namespace",
      load: () => import("./commands/shell.ts"),
    },
    capture: {
      summary: "tcpdump at several places at once, live or into one pcapng",
      load: () => import("./commands/capture.ts"),
    },
  },
  "Change a running lab:": {
    scale: { summary: "scale a workload", load: () => import("./commands/scale.ts") },
    rollout: { summary: "restart the pods of a workload", load: () => import("./commands/rollout.ts") },
    delete: { summary: "delete pods, policies or Services", load: () => import("./commands/delete.ts") },
    ready: { summary: "make pods ready or not", load: () => import("./commands/ready.ts") },
    label: { summary: "set or remove labels of pods and namespaces", load: () => import("./commands/label.ts") },
  },
  "Lab files and manifests:": {
    plan: {
      summary: "what up would do, one line per operation; or as a shell script",
      load: () => import("./commands/plan.ts"),
    },
    graph: { summary: "the topology as mermaid, dot or SVG", load: () => import("./commands/graph.ts") },
    policy: {
      summary: "NetworkPolicies of plain manifests: test, explain, lint",
      load: () => import("./commands/policy.ts"),
    },
    validate: { summary: "check lab files without building them", load: () => import("./commands/validate.ts") },
    schema: { summary: "the JSON Schema of lab files, for editors", load: () => import("./commands/schema.ts") },
  },
  "This machine:": {
    doctor: { summary: "check this host and say how to fix it", load: () => import("./commands/doctor.ts") },
    image: { summary: "the docker driver's node image: build, ls, rm", load: () => import("./commands/image.ts") },
    gc: { summary: "clean up after crashed labs", load: () => import("./commands/gc.ts") },
    completion: { summary: "shell completion for bash, zsh or fish", load: () => import("./commands/completion.ts") },
    __complete: {
      summary: "candidates for shell completion",
      hidden: true,
      load: () => import("./commands/complete.ts"),
    },
  },
};

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map(
  Object.entries(GROUPS).flatMap(([group, entries]) =>
    Object.entries(entries).map(([name, entry]) => [name, { ...entry, group }]),
  ),
);
