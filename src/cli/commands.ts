/** The registry of commands: their names, one line about each, and where their module is. */
import type { Command } from "commander";
import type { CliContext } from "./context.ts";

/** Adds description, arguments, options, example and action to a command. */
export type ConfigureCommand = (command: Command, context: CliContext) => void;

const GROUPS = [
  "Build and check:",
  "Look inside:",
  "Change a running lab:",
  "Lab files and manifests:",
  "This machine:",
] as const;

export interface CommandEntry {
  readonly summary: string;
  /** The heading under which help lists it. */
  readonly group?: (typeof GROUPS)[number];
  readonly hidden?: boolean;
  /** Modules are loaded only for the command that runs, so that light commands start fast. */
  readonly load: () => Promise<ConfigureCommand>;
}

export const COMMANDS = {
  up: {
    group: "Build and check:",
    summary: "build a lab and check it; run again: change only what differs",
    load: async () => (await import("./commands/up.ts")).configureUp,
  },
  test: {
    group: "Build and check:",
    summary: "up, check, down, for CI; several labs side by side",
    load: async () => (await import("./commands/test.ts")).configureTest,
  },
  check: {
    group: "Build and check:",
    summary: "run the checks of a running lab again",
    load: async () => (await import("./commands/check.ts")).configureCheck,
  },
  down: {
    group: "Build and check:",
    summary: "take a lab down",
    load: async () => (await import("./commands/down.ts")).configureDown,
  },
  ls: {
    group: "Build and check:",
    summary: "list running labs",
    load: async () => (await import("./commands/ls.ts")).configureLs,
  },
  describe: {
    group: "Look inside:",
    summary: "the lesson of a lab, as text",
    load: async () => (await import("./commands/describe.ts")).configureDescribe,
  },
  inspect: {
    group: "Look inside:",
    summary: "every namespace, device, address, route and rule with its cause",
    load: async () => (await import("./commands/inspect.ts")).configureInspect,
  },
  explain: {
    group: "Look inside:",
    summary: "follow a packet to a Service through chains and rules, each with the line that caused it",
    load: async () => (await import("./commands/explain.ts")).configureExplain,
  },
  solution: {
    group: "Look inside:",
    summary: "what is broken on purpose in a lab, and how to fix it",
    load: async () => (await import("./commands/solution.ts")).configureSolution,
  },
  modes: {
    group: "Look inside:",
    summary: "how each node's kube-proxy mode handles a Service, measured",
    load: async () => (await import("./commands/modes.ts")).configureModes,
  },
  exec: {
    group: "Look inside:",
    summary: "run a command in a pod, a node or any namespace",
    load: async () => (await import("./commands/exec.ts")).configureExec,
  },
  shell: {
    group: "Look inside:",
    summary: "an interactive shell in a pod, a node or any namespace",
    load: async () => (await import("./commands/shell.ts")).configureShell,
  },
  scale: {
    group: "Change a running lab:",
    summary: "scale a workload",
    load: async () => (await import("./commands/scale.ts")).configureScale,
  },
  rollout: {
    group: "Change a running lab:",
    summary: "restart all pods of a Deployment",
    load: async () => (await import("./commands/rollout.ts")).configureRollout,
  },
  delete: {
    group: "Change a running lab:",
    summary: "delete pods, policies or Services",
    load: async () => (await import("./commands/delete.ts")).configureDelete,
  },
  ready: {
    group: "Change a running lab:",
    summary: "make pods ready or not",
    load: async () => (await import("./commands/ready.ts")).configureReady,
  },
  label: {
    group: "Change a running lab:",
    summary: "set or remove labels of pods and namespaces",
    load: async () => (await import("./commands/label.ts")).configureLabel,
  },
  capture: {
    group: "Look inside:",
    summary: "tcpdump at several places at once, live or into one pcapng",
    load: async () => (await import("./commands/capture.ts")).configureCapture,
  },
  plan: {
    group: "Lab files and manifests:",
    summary: "what up would do, one line per operation; or as a shell script",
    load: async () => (await import("./commands/plan.ts")).configurePlan,
  },
  graph: {
    group: "Lab files and manifests:",
    summary: "the topology as mermaid, dot or SVG",
    load: async () => (await import("./commands/graph.ts")).configureGraph,
  },
  policy: {
    group: "Lab files and manifests:",
    summary: "NetworkPolicies of plain manifests: test, explain, lint",
    load: async () => (await import("./commands/policy.ts")).configurePolicy,
  },
  validate: {
    group: "Lab files and manifests:",
    summary: "check lab files without building them",
    load: async () => (await import("./commands/validate.ts")).configureValidate,
  },
  schema: {
    group: "Lab files and manifests:",
    summary: "the JSON Schema of lab files, for editors",
    load: async () => (await import("./commands/schema.ts")).configureSchema,
  },
  doctor: {
    group: "This machine:",
    summary: "check this host and say how to fix it",
    load: async () => (await import("./commands/doctor.ts")).configureDoctor,
  },
  image: {
    group: "This machine:",
    summary: "the docker driver's node image: build, ls, rm",
    load: async () => (await import("./commands/image.ts")).configureImage,
  },
  gc: {
    group: "This machine:",
    summary: "clean up after crashed labs",
    load: async () => (await import("./commands/gc.ts")).configureGc,
  },
  completion: {
    group: "This machine:",
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
