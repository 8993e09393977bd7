/** The containers of a lab on an engine: one for each machine, with no more privileges than a node's work takes. */
import type { ContainerCreateOptions, ContainerInfo, ContainerInspectInfo } from "dockerode";
import { statusOf, type Engine } from "../engine/engine.ts";
import { LABEL, labFilter, ownerId } from "../engine/labels.ts";
import type { MachineLayout, PortLayout } from "./layout.ts";
import type { LabNetwork } from "./networks.ts";

/** A machine's place on one network. */
export interface Attachment {
  readonly network: LabNetwork;
  readonly port: PortLayout;
}

/**
 * For programs that do in user space what the kernel cannot, now or after a change of the running lab. Character device 10:200
 * (linux/miscdevice.h), which is made inside: the engine's machine may not have loaded its module yet.
 */
const TUN = {
  rules: ["c 10:200 rwm"],
  command: [
    "sh",
    "-c",
    "mkdir -p /dev/net && { [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200; } && exec sleep infinity",
  ],
};

/** Docker's default without /proc/sys: the sysctls of a container's own network namespaces are the lab's to set. */
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger"];

export function containerName(lab: string, machine: string): string {
  return `k8snet-lab.${lab}.${machine}`;
}

/** Existing containers of the lab, in any state, by machine. */
export async function labContainers(engine: Engine, lab: string): Promise<Map<string, ContainerInfo>> {
  const containers = await engine.do("list its containers", (docker) =>
    docker.listContainers({ all: true, filters: labFilter(lab) }),
  );
  return new Map(containers.map((container) => [container.Labels[LABEL.machine] ?? "", container]));
}

/** Makes and starts what is missing; joins it to its networks. Resolves with the engine's description of it. */
export async function shapeContainer(
  engine: Engine,
  lab: string,
  machine: MachineLayout,
  attachments: readonly Attachment[],
  present: ContainerInfo | undefined,
  image: () => Promise<string>,
): Promise<ContainerInspectInfo> {
  const id = present?.Id ?? (await create(engine, lab, machine, attachments, await image()));
  const container = engine.docker.getContainer(id);
  return engine.do(`start the container of ${machine.name}`, async () => {
    if (present === undefined) for (const one of attachments.slice(1)) await connect(engine, id, one);
    else {
      const { NetworkSettings } = await container.inspect();
      const joined = new Set(Object.values(NetworkSettings.Networks).map(({ NetworkID }) => NetworkID));
      for (const one of attachments) if (!joined.has(one.network.id)) await connect(engine, id, one);
    }
    if (present?.State !== "running") await start(engine, id);
    return container.inspect();
  });
}

/** Gives a machine a new device on a network: the old one was deleted inside the container. */
export async function reconnect(engine: Engine, container: string, attachment: Attachment): Promise<void> {
  await engine.docker
    .getNetwork(attachment.network.id)
    .disconnect({ Container: container, Force: true })
    .catch(() => undefined);
  await connect(engine, container, attachment);
}

/** Already gone is not an error. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    // 409: it is already being removed.
    if (statusOf(error) !== 404 && statusOf(error) !== 409)
      await engine.do("remove a container", () => Promise.reject(error as Error));
  }
}

/** MAC of the device on a network, as it was made. */
export function macOn(info: ContainerInspectInfo, network: LabNetwork): string | undefined {
  return Object.values(info.NetworkSettings.Networks).find(({ NetworkID }) => NetworkID === network.id)?.MacAddress;
}

async function start(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).start();
  } catch (error) {
    if (statusOf(error) !== 304) throw error;
  }
}

async function connect(engine: Engine, container: string, { network, port }: Attachment): Promise<void> {
  await engine.do(`join ${port.machine} to the network ${network.name}`, (docker) =>
    docker.getNetwork(network.id).connect({ Container: container, EndpointConfig: endpoint(network, port, engine) }),
  );
}

interface Endpoint {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string };
  MacAddress?: string;
}

/** From this API on each endpoint may have a MAC of its own; before, it is the container's, on its first network. */
export const ENDPOINT_MAC_API = 44;

function endpoint(network: LabNetwork, port: PortLayout, engine: Engine): Endpoint {
  const mac = network.overlay && engine.apiMinor >= ENDPOINT_MAC_API ? port.mac : undefined;
  return { ...addressesOf(network, port), ...(mac === undefined ? {} : { MacAddress: mac }) };
}

function addressesOf(network: LabNetwork, port: PortLayout): Endpoint {
  if (!network.fixed) return {};
  const plain = port.addresses.map((text) => text.split("/")[0] ?? "");
  const ipv4 = plain.find((text) => !text.includes(":"));
  const ipv6 = network.ipv6 ? plain.find((text) => text.includes(":")) : undefined;
  return {
    IPAMConfig: {
      ...(ipv4 === undefined ? {} : { IPv4Address: ipv4 }),
      ...(ipv6 === undefined ? {} : { IPv6Address: ipv6 }),
    },
  };
}

async function create(
  engine: Engine,
  lab: string,
  machine: MachineLayout,
  attachments: readonly Attachment[],
  image: string,
): Promise<string> {
  const [first] = attachments;
  // An overlay network delivers frames only to the MACs that it knows: the lab's own have to be requested.
  const mac = first?.network.overlay === true && engine.apiMinor < ENDPOINT_MAC_API ? first.port.mac : undefined;
  const options: ContainerCreateOptions = {
    name: containerName(lab, machine.name),
    Image: image,
    Hostname: machine.name.replaceAll(".", "-"),
    Labels: { [LABEL.lab]: lab, [LABEL.owner]: ownerId(), [LABEL.machine]: machine.name },
    StopSignal: "SIGKILL",
    Cmd: TUN.command,
    ...(mac === undefined ? {} : { MacAddress: mac }),
    HostConfig: {
      NetworkMode: first === undefined ? "none" : first.network.name,
      Init: true,
      CapAdd: ["NET_ADMIN", "SYS_ADMIN"],
      ReadonlyPaths: READONLY_PATHS,
      DeviceCgroupRules: TUN.rules,
      Sysctls: { "net.ipv4.ip_forward": "1" },
      // What the agent writes there goes with the container's run: so do the namespaces. Files of a lab may be programs.
      Tmpfs: { "/run": "rw,exec,nosuid,nodev,mode=755" },
      ...(engine.facts.apparmor ? { SecurityOpt: ["apparmor=unconfined"] } : {}),
    },
    ...(first === undefined
      ? {}
      : {
          NetworkingConfig: { EndpointsConfig: { [first.network.name]: endpoint(first.network, first.port, engine) } },
        }),
  };
  const container = await engine.do(`create the container of ${machine.name}`, (docker) =>
    docker.createContainer(options),
  );
  return container.id;
}
