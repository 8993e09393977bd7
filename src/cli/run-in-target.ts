/** Runs a command inside a target with the user's own streams, and says what it ended with. */
import { withLab } from "./with-lab.ts";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { constants } from "node:os";
import type { AgentClient } from "../agent/client.ts";
import type { Driver } from "../drivers/driver.ts";
import { podEnv } from "../targets/pod-env.ts";
import { resolveTarget } from "../targets/parse-target.ts";
import { placeOf } from "../targets/target-place.ts";
import type { TargetPlace } from "../net/place.ts";
import type { CliContext } from "./context.ts";
import type { DriverOptions } from "./options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface RunInTarget {
  readonly lab: string;
  readonly target: string;
  readonly argv: readonly string[];
  readonly env?: Environment;
  readonly options: DriverOptions;
  readonly context: CliContext;
}

/** What a program needs of the user's environment to behave on their terminal; the rest belongs to the host. */
const KEPT =
  /^(TERM|COLORTERM|COLUMNS|LINES|LANG|LANGUAGE|LC_.*|TZ|HOME|USER|LOGNAME|SHELL|PATH|EDITOR|PAGER|NO_COLOR|FORCE_COLOR|TERMINFO.*)$/;
/** Where `k8snet-lab` itself is, for commands of lessons in a shell of a lab: dist/bin, also when run from the sources. */
const OWN_BIN = join(
  process.env["K8SNET_LAB_BUNDLED"] === "1" ? import.meta.dirname : join(import.meta.dirname, "../../dist"),
  "bin",
);
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function cleanEnvironment(env: Environment, lab: string, target: string): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && KEPT.test(entry[0]),
  );
  const clean: Record<string, string> = { ...Object.fromEntries(kept), K8SNET_LAB: lab, K8SNET_TARGET: target };
  // A user's PATH may lack the folders of ip and iptables.
  const path = (clean["PATH"] ?? DEFAULT_PATH).split(":");
  clean["PATH"] = [...path, ...DEFAULT_PATH.split(":").filter((folder) => !path.includes(folder))].join(":");
  return clean;
}

/** Exit code as a shell gives it: the command's own, 128 + signal, 126 not runnable, 127 not found. */
export async function runInTarget(request: RunInTarget): Promise<number> {
  const { context } = request;
  return withLab(request.lab, request.options, context, ({ driver, client, lab }) => {
    const target = resolveTarget(lab, request.target);
    return runInPlace(driver, client, placeOf(target), request.argv, {
      ...cleanEnvironment(context.env, lab.name, target.text),
      ...podEnv(lab, target),
      ...request.env,
    });
  });
}

export async function runInPlace(
  driver: Driver,
  client: AgentClient,
  place: TargetPlace,
  argv: readonly string[],
  env: Environment,
): Promise<number> {
  const [{ execa }, command] = await Promise.all([import("execa"), driver.command(client, place, argv)]);
  if ("run" in command) return command.run(process, env);
  const { file, args, env: more } = command;
  // The terminal sends Ctrl-C to the command too: that one decides what it means.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore).on("SIGQUIT", ignore);
  const child = execa(file, args, {
    stdio: "inherit",
    env: findable({ ...env, ...more }),
    extendEnv: false,
    reject: false,
  });
  const pass = (signal: NodeJS.Signals): boolean => child.kill(signal);
  process.on("SIGTERM", pass).on("SIGHUP", pass);
  try {
    const { exitCode, signal, code, cause } = await child;
    if (exitCode !== undefined) return exitCode;
    if (signal !== undefined) return 128 + constants.signals[signal];
    if (code === "ENOENT") return 127;
    if (code === "EACCES") return 126;
    throw cause;
  } finally {
    process.off("SIGINT", ignore).off("SIGQUIT", ignore).off("SIGTERM", pass).off("SIGHUP", pass);
  }
}

/** With this program itself first in the PATH: another program of that name may be another version, or another checkout. */
function findable(env: Environment): Environment {
  return { ...env, PATH: `${OWN_BIN}:${env["PATH"] ?? DEFAULT_PATH}`, K8SNET_LAB_NODE: process.execPath };
}

/** The user's bash or zsh-less fallback, without their start files, with a prompt that says where it is. */
export function shellCommand(
  lab: string,
  target: string,
  env: Environment,
): { argv: readonly string[]; env: Environment } {
  const wanted = env["SHELL"] ?? "";
  const bash =
    basename(wanted) === "bash" && existsSync(wanted)
      ? wanted
      : ["/bin/bash", "/usr/bin/bash"].find((path) => existsSync(path));
  const where = `${basename(lab).replace(/\.ya?ml$/i, "")} ${target}`.replaceAll(/[^\w ./#-]/g, "");
  if (bash === undefined) return { argv: ["/bin/sh", "-i"], env: { PS1: `[${where}] $ `, ENV: undefined } };
  return { argv: [bash, "--noprofile", "--norc", "-i"], env: { PS1: `[${where}] \\w \\$ `, HISTFILE: "" } };
}
