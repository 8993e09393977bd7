/** The registry of commands: their names, one line about each, and where their module is. */
import type { Command } from "commander";
import type { CliContext } from "./context.ts";

/** Adds description, arguments, options, example and action to a command. */
export type ConfigureCommand = (command: Command, context: CliContext) => void;

export interface CommandEntry {
  readonly summary: string;
  readonly hidden?: boolean;
  /** Modules are loaded only for the command that runs, so that light commands start fast. */
  readonly load: () => Promise<ConfigureCommand>;
}

export const COMMANDS = {
  up: {
    summary: "build a lab and check it; again: change only what differs",
    load: async () => (await import("./commands/up.ts")).configureUp,
  },
  test: {
    summary: "up, check, down, for CI; several labs side by side",
    load: async () => (await import("./commands/test.ts")).configureTest,
  },
  check: {
    summary: "run the checks again on a lab that is up",
    load: async () => (await import("./commands/check.ts")).configureCheck,
  },
  down: { summary: "take a lab down", load: async () => (await import("./commands/down.ts")).configureDown },
  ls: { summary: "what is up", load: async () => (await import("./commands/ls.ts")).configureLs },
  inspect: {
    summary: "every namespace, device, address, route and rule with its cause",
    load: async () => (await import("./commands/inspect.ts")).configureInspect,
  },
  explain: {
    summary: "the way of a packet to a Service through chains and rules, each with the line that caused it",
    load: async () => (await import("./commands/explain.ts")).configureExplain,
  },
  solution: {
    summary: "what a lab has broken on purpose, and how to fix it",
    load: async () => (await import("./commands/solution.ts")).configureSolution,
  },
  modes: {
    summary: "what each node's mode of kube-proxy makes of a Service, measured",
    load: async () => (await import("./commands/modes.ts")).configureModes,
  },
  exec: {
    summary: "run a command in a pod, a node or any namespace",
    load: async () => (await import("./commands/exec.ts")).configureExec,
  },
  shell: {
    summary: "an interactive shell in a pod, a node or any namespace",
    load: async () => (await import("./commands/shell.ts")).configureShell,
  },
  scale: {
    summary: "more or fewer pods of a workload, on a running lab",
    load: async () => (await import("./commands/scale.ts")).configureScale,
  },
  rollout: {
    summary: "all pods of a Deployment anew, on a running lab",
    load: async () => (await import("./commands/rollout.ts")).configureRollout,
  },
  delete: {
    summary: "delete pods, NetworkPolicies or Services of a running lab",
    load: async () => (await import("./commands/delete.ts")).configureDelete,
  },
  ready: {
    summary: "make pods of a running lab ready or not",
    load: async () => (await import("./commands/ready.ts")).configureReady,
  },
  label: {
    summary: "labels of pods and namespaces of a running lab",
    load: async () => (await import("./commands/label.ts")).configureLabel,
  },
  capture: {
    summary: "tcpdump at several places at once, live or into one pcapng",
    load: async () => (await import("./commands/capture.ts")).configureCapture,
  },
  plan: {
    summary: "what up would do, one line per operation; or as a shell script",
    load: async () => (await import("./commands/plan.ts")).configurePlan,
  },
  graph: {
    summary: "the topology as mermaid, dot or SVG",
    load: async () => (await import("./commands/graph.ts")).configureGraph,
  },
  policy: {
    summary: "NetworkPolicies of plain manifests: test, explain, lint",
    load: async () => (await import("./commands/policy.ts")).configurePolicy,
  },
  validate: {
    summary: "check lab files, touch nothing",
    load: async () => (await import("./commands/validate.ts")).configureValidate,
  },
  schema: {
    summary: "the JSON Schema of lab files, for editors",
    load: async () => (await import("./commands/schema.ts")).configureSchema,
  },
  doctor: {
    summary: "what this host can and cannot do, and how to mend it",
    load: async () => (await import("./commands/doctor.ts")).configureDoctor,
  },
  image: {
    summary: "the docker driver's node image: build, ls, rm",
    load: async () => (await import("./commands/image.ts")).configureImage,
  },
  gc: { summary: "sweep what dead labs left", load: async () => (await import("./commands/gc.ts")).configureGc },
  completion: {
    summary: "shell completion for bash, zsh or fish",
    load: async () => (await import("./commands/completion.ts")).configureCompletion,
  },
  __complete: {
    summary: "candidates for shell completion",
    hidden: true,
    load: async () => (await import("./commands/complete.ts")).configureComplete,
  },
} as const satisfies Record<string, CommandEntry>;
export type CommandName = keyof typeof COMMANDS;

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}
