/** The flags that several commands share: defined once, with the same text everywhere. */
import { Option } from "commander";
import type { Command } from "commander";
import { UNDERLAYS } from "../engine/place.ts";
import type { Underlay } from "../engine/place.ts";

/** Every command that meets a running lab. */
export interface DriverOptions {
  /** Default: where the lab is; for what is built, this host's namespaces. */
  readonly driver?: string;
  /** Docker contexts or endpoints; only with the docker driver. */
  readonly context?: readonly string[];
  readonly engines?: readonly string[];
  readonly underlay?: Underlay;
}

/** `a,b` and repeated options alike. */
export function collectNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").filter((name) => name !== "")];
}

/** Commands whose help shows how to choose an engine; the others take the same options and find a lab on their own. */
const CHOOSING: ReadonlySet<string> = new Set(["up", "test", "doctor", "image"]);

export function addDriverOptions(command: Command): Command {
  addEngineOptions(command);
  if (!CHOOSING.has(command.name()))
    for (const option of command.options)
      if (["--driver", "--context", "--engines", "--underlay"].includes(option.long ?? "")) option.hideHelp();
  return command;
}

function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--driver <NAME>",
        "namespaces of this host (netns), or containers of a Docker engine; default: where the lab is, else netns",
      )
        .choices(["netns", "docker"])
        .env("K8SNET_LAB_DRIVER"),
    )
    .option(
      "--context <NAME>",
      "Docker context, or endpoint (default: as the docker command finds its engine); several spread the lab across engines",
      collectNames,
    )
    .option(
      "--engines <NAMES>",
      "like --context, several separated by commas, instead of the lab's spec.engines",
      collectNames,
    )
    .addOption(
      new Option("--underlay <HOW>", "what joins machines on several engines")
        .choices(UNDERLAYS)
        .default("auto")
        .env("K8SNET_LAB_UNDERLAY"),
    )
    .option("--debug", "error stacks, all operations, the agent's log");
}

/** What builds labs. */
export function addTuneOption(command: Command): Command {
  return command.option(
    "--tune-host",
    "raise this host's neighbour-table limits if the lab needs it (root only); restored when the lab is down",
  );
}

/** Commands that run other people's labs. */
export function addNoCommandsOption(command: Command): Command {
  return command.option(
    "--no-commands",
    "run none of the lab's programs: containers become stand-ins; processes and command checks are skipped",
  );
}

/** What loads labs that are to be built. */
export function addHostLinksOption(command: Command): Command {
  return command.option(
    "--allow-host-links",
    "allow links to this host: endpoints host:NAME and macvlan:DEVICE (root only)",
  );
}

/** What reads lab files with another network than theirs. */
export interface NetworkOptions {
  readonly cni?: string;
  readonly kubeProxy?: string;
}

export function addNetworkOptions(command: Command): Command {
  return command
    .option(
      "--cni <PLUGIN>",
      "another network plugin than the file's, in all its clusters; settings follow: flannel:backend=host-gw",
    )
    .option("--kube-proxy <MODE>", "another kube-proxy mode than the file's, on all nodes");
}

/** What reads manifests. */
export function addStrictOption(command: Command): Command {
  return command.option(
    "--strict",
    "treat objects that may matter to the network but are not built as errors (exit 2)",
  );
}

/** An example under the help text. */
export function addExample(command: Command, ...lines: string[]): Command {
  return command.addHelpText(
    "after",
    `\nExample${lines.length === 1 ? "" : "s"}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`,
  );
}
