/** One Docker engine: how it is reached, and what its refusals mean for a user. */
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import Docker from "dockerode";
import { EXIT, HostError, LabError, UsageError } from "../errors.ts";
import type { EngineAddress } from "./address.ts";
import { EngineSilence } from "./silence.ts";
import { forwardSocket, type SocketForward } from "./ssh-forward.ts";

/** Docker 20.10. */
const OLDEST_API = [1, 41] as const;

export interface EngineFacts {
  readonly version: string;
  readonly api: string;
  /** As node names it: `x64`, `arm64`. */
  readonly arch: string;
  readonly apparmor: boolean;
  readonly rootless: boolean;
  readonly swarm: {
    readonly active: boolean;
    readonly manager: boolean;
    readonly node?: string | undefined;
    /** At which the Swarm's other members reach it. */
    readonly address?: string | undefined;
  };
}

export class Engine {
  readonly address: EngineAddress;
  readonly docker: Docker;
  readonly facts: EngineFacts;
  readonly #silence: EngineSilence;
  readonly #forward: SocketForward | undefined;

  private constructor(
    address: EngineAddress,
    docker: Docker,
    silence: EngineSilence,
    facts: EngineFacts,
    forward: SocketForward | undefined,
  ) {
    this.address = address;
    this.docker = docker;
    this.facts = facts;
    this.#silence = silence;
    this.#forward = forward;
  }

  /** Rejects with HostError when no engine answers, access is denied, or it is too old. */
  static async open(address: EngineAddress): Promise<Engine> {
    const forward = address.host.startsWith("ssh://") ? await forwardSocket(address.host) : undefined;
    try {
      const docker = connect(address, forward);
      const silence = new EngineSilence(docker, () => noAnswer(address));
      return new Engine(address, docker, silence, await ask(docker, address), forward);
    } catch (error) {
      forward?.close();
      throw engineError(error, address, "ask the engine for its version");
    }
  }

  /** Of the API's version: 41 for 1.41. */
  get apiMinor(): number {
    return Number(this.facts.api.split(".")[1] ?? 0);
  }

  close(): void {
    this.#forward?.close();
  }

  /** Waits for what an engine does after it took it on. Rejects with ESILENT when it does not answer any more. */
  during<T>(work: Promise<T>): Promise<T> {
    return this.#silence.during(work);
  }

  /** Does something with the engine; its errors are translated for the user. `doing`: "create the network x". */
  async do<T>(doing: string, work: (docker: Docker) => Promise<T>): Promise<T> {
    try {
      return await work(this.docker);
    } catch (error) {
      throw engineError(error, this.address, doing);
    }
  }
}

/**
 * Its url.parse() is deprecated, which users of a lab cannot change.
 * dockerode prefers DOCKER_HOST to its options: it must not see it.
 */
function connect(address: EngineAddress, forward: SocketForward | undefined): Docker {
  process.noDeprecation = true;
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith("DOCKER_"));
  for (const [name] of hidden) delete process.env[name];
  try {
    return new Docker(options(address, forward));
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}

function options({ host, tls }: EngineAddress, forward: SocketForward | undefined): Docker.DockerOptions {
  if (forward !== undefined) return { socketPath: forward.path };
  const unix = /^(?:unix|npipe):\/\/(.+)$/.exec(host);
  if (unix?.[1] !== undefined) return { socketPath: unix[1] };
  const tcp = /^(?:tcp|https?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?/.exec(host);
  if (tcp?.[1] === undefined)
    throw new UsageError(
      `${host} is not an address of a Docker engine`,
      "write unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST",
    );
  const read = (path: string | undefined): Buffer | undefined => (path === undefined ? undefined : readFileSync(path));
  const secure = tls !== undefined || host.startsWith("https");
  return {
    host: tcp[1].replace(/^\[|\]$/g, ""),
    port: Number(tcp[2] ?? (secure ? 2376 : 2375)),
    protocol: secure ? "https" : "http",
    ...(tls === undefined ? {} : { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key) }),
    ...(tls?.skipVerify === true
      ? { agent: new Agent({ rejectUnauthorized: false, cert: read(tls.cert), key: read(tls.key) }) }
      : {}),
  };
}

function noAnswer({ host }: EngineAddress): LabError {
  return new LabError("ESILENT", EXIT.unfitHost, `the Docker engine at ${host} does not answer`, {
    hint: "is it running? Choose another one with --context or DOCKER_HOST",
  });
}

async function ask(docker: Docker, address: EngineAddress): Promise<EngineFacts> {
  const [version, info] = (await Promise.all([docker.version(), docker.info()])) as [
    { Version: string; ApiVersion: string; Arch: string; Os: string },
    {
      SecurityOptions?: string[];
      Swarm?: { LocalNodeState?: string; ControlAvailable?: boolean; NodeID?: string; NodeAddr?: string };
    },
  ];
  const [major = 0, minor = 0] = version.ApiVersion.split(".").map(Number);
  if (major < OLDEST_API[0] || (major === OLDEST_API[0] && minor < OLDEST_API[1])) {
    throw new HostError(
      `the Docker engine at ${address.host} is too old: ${version.Version} (API ${version.ApiVersion})`,
      "Docker 20.10 or later is needed",
    );
  }
  if (version.Os !== "linux")
    throw new HostError(
      `the Docker engine at ${address.host} runs ${version.Os} containers`,
      "switch Docker Desktop to Linux containers",
    );
  const security = info.SecurityOptions ?? [];
  return {
    version: version.Version,
    api: version.ApiVersion,
    arch: ({ amd64: "x64", x86_64: "x64", aarch64: "arm64" } as Record<string, string>)[version.Arch] ?? version.Arch,
    apparmor: security.some((option) => option.includes("apparmor")),
    rootless: security.some((option) => option.includes("rootless")),
    swarm: {
      active: info.Swarm?.LocalNodeState === "active",
      manager: info.Swarm?.ControlAvailable === true,
      node: info.Swarm?.NodeID,
      address: info.Swarm?.NodeAddr,
    },
  };
}

/** The engine's own messages are in its errors' `json.message` or `reason`. */
export function saysEngine(error: unknown): string {
  const { json, reason, message } = error as { json?: { message?: string } | null; reason?: string; message?: string };
  return (json?.message ?? message ?? reason ?? String(error)).replace(/^\(HTTP code \d+\) [^-]+- /, "").trim();
}

export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

export function engineError(error: unknown, { host, context }: EngineAddress, doing: string): LabError {
  if (error instanceof LabError) return error;
  const { code } = error as { code?: string };
  const at = context === "default" ? host : `${host} (context ${context})`;
  if (code === "EACCES" || code === "EPERM") {
    return new HostError(
      `you are not allowed to open the Docker engine's socket ${at}`,
      "sudo usermod -aG docker $USER, then log in again; or run k8snet-lab with sudo",
      error,
    );
  }
  if (
    code !== undefined &&
    ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EPIPE"].includes(
      code,
    )
  ) {
    return new HostError(
      `no Docker engine answers at ${at} (${code})`,
      "start it (sudo systemctl start docker, or Docker Desktop), or choose another with --context or DOCKER_HOST",
      error,
    );
  }
  const says = saysEngine(error);
  if (TLS_TROUBLE.test(`${code} ${says}`)) {
    return new HostError(
      `the Docker engine at ${at} and this machine do not trust each other: ${/alert/.test(says) ? "it requires a different client certificate" : (says.split(";")[0] ?? says)}`,
      "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to a folder with the engine's ca.pem and your cert.pem and key.pem; or keep them in a context: docker context create",
      error,
    );
  }
  const hint = HINTS.find(([pattern]) => pattern.test(says))?.[1];
  return new LabError("EENGINE", EXIT.buildFailed, `the Docker engine at ${at} could not ${doing}: ${says}`, {
    cause: error,
    hint: hint ?? "k8snet-lab doctor --driver docker shows what the engine lacks",
  });
}

const TLS_TROUBLE = /^(ERR_SSL|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_|EPROTO)|HTTP request to an HTTPS server/;

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/no space left on device|disk quota/i, "make room on the engine's disk: docker system df, docker system prune"],
  [
    /non-overlapping IPv4 address pool|could not find an available/i,
    "the engine has no addresses left for a network: docker network prune, or widen default-address-pools in daemon.json",
  ],
  [
    /pool overlaps/i,
    "another network of this engine has these addresses: docker network ls; give the lab another nodeCIDR",
  ],
  [
    /pull access denied|failed to resolve|manifest unknown|no such host|i\/o timeout|connection refused.*registry|registry-1/i,
    "the base image could not be fetched: is the registry reachable? Without internet: scripts/base-image makes a base from Debian's packages",
  ],
  [
    /is already in use by container/i,
    "a container of that name already exists and does not belong to this lab: docker rm it, or rename the lab",
  ],
  [/too many open files|cannot allocate memory/i, "the engine's machine has run out of it: stop other containers"],
];
