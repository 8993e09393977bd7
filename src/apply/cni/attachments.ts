/** The attachments of a lab's pods: made and removed by the plugins of each node one after another, as a container runtime's lock has it; and what they made. */
import { readdirSync, rmSync } from "node:fs";
import { because } from "../../cause.ts";
import { dataFolders, readNetwork } from "../../cni/config.ts";
import { codeText } from "../../cni/error.ts";
import { checkContainerId } from "../../cni/names.ts";
import { CniRuntime, PluginFailure } from "../../cni/runtime.ts";
import type { Attachment } from "../../cni/result-store.ts";
import { messageOf } from "../../errors.ts";
import { NETNS_FOLDER } from "../../kernel/netns.ts";
import { getLink } from "../../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import { familyOf } from "../../net/families.ts";
import { cableEnds, nodeDevice } from "../../resources/cni/attached.ts";
import type { Attached, NodeAttachments } from "../../resources/cni/attached.ts";
import type { CniResource } from "../../resources/cni/definition.ts";
import type { Resource } from "../../resources/resource.ts";
import type { Held } from "../held.ts";
import type { LabRuntime } from "../runtime.ts";
import { isLeft, MadeBy } from "./made.ts";
import type { Sides } from "./made.ts";
import { cniFolder, NodePlugins, readRecord, writeRecord } from "./plugin-files.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { NamespaceSnapshot } from "./snapshot.ts";

/** Kept in STATE/cni/NODE/attached/CONTAINERID.json. */
interface RecordedAttachment {
  readonly resource: CniResource;
  readonly attached: Attached;
}

/** An attachment that this agent has made, or found on record. */
export class HeldAttachment implements Held, RecordedAttachment {
  readonly resource: CniResource;
  readonly attached: Attached;
  readonly #runtime: LabRuntime;

  constructor({ resource, attached }: RecordedAttachment, runtime: LabRuntime) {
    this.resource = resource;
    this.attached = attached;
    this.#runtime = runtime;
  }

  /** Its namespace is the one that it was made in, and its device is there. */
  get running(): boolean {
    const handle = this.#runtime.find(this.resource.podNs);
    return handle?.inode === this.attached.inode && getLink(rtnlOf(handle), this.resource.ifName) !== undefined;
  }

  stop(): void {}
}

interface Node {
  readonly plugins: NodePlugins;
  readonly runtime: CniRuntime;
  /** The last call that was begun. */
  queue: Promise<unknown>;
}

const NODES = new WeakMap<LabRuntime, Map<string, Node>>();

function nodeOf(runtime: LabRuntime, { ns, path, network }: Pick<CniResource, "ns" | "path" | "network">): Node {
  const nodes = NODES.get(runtime) ?? new Map<string, Node>();
  NODES.set(runtime, nodes);
  const folders = dataFolders(network);
  const key = [ns, path.join(":"), ...folders].join(" ");
  let node = nodes.get(key);
  if (node === undefined) {
    const plugins = new NodePlugins(runtime, ns, path, folders);
    nodes.set(key, (node = { plugins, runtime: new CniRuntime(plugins), queue: Promise.resolve() }));
  }
  return node;
}

function inTurn<T>(node: Node, work: () => Promise<T>): Promise<T> {
  const next = node.queue.then(work);
  node.queue = next.catch(() => undefined);
  return next;
}

function recordPath({ ns, containerId }: CniResource, runtime: LabRuntime): string {
  checkContainerId(containerId);
  return `${cniFolder(runtime, ns)}/attached/${containerId}.json`;
}

function leftPath(runtime: LabRuntime, ns: string): string {
  return `${cniFolder(runtime, ns)}/left.json`;
}

function attachmentOf(resource: CniResource, runtime: LabRuntime): Attachment {
  const { containerId, ifName, args, capabilityArgs } = resource;
  const handle = runtime.find(resource.podNs);
  return {
    containerId,
    ifName,
    args,
    capabilityArgs,
    netns: handle === undefined ? "" : `${NETNS_FOLDER}/${handle.name}`,
  };
}

/** `ADD of default/web: plugin bridge failed (code 7, invalid network config): …`; `command` where no plugin has failed. */
function explained(command: "ADD" | "DEL", { pod }: CniResource, error: unknown): Error {
  if (!(error instanceof PluginFailure)) return new Error(`${command} of ${pod}: ${messageOf(error)}`);
  const { type, command: failed, error: said } = error;
  const install = said.message.startsWith("failed to find plugin")
    ? "; the reference plugins: apt-get install containernetworking-plugins; binDir names other folders"
    : "";
  return new Error(`${failed} of ${pod}: plugin ${type} failed (${codeText(said.code)}): ${said.message}${install}`);
}

async function look(runtime: LabRuntime, { ns, podNs }: CniResource): Promise<Sides<NamespaceSnapshot>> {
  const [node, pod] = [await takeSnapshot(runtime, ns), await takeSnapshot(runtime, podNs)];
  if (node === undefined || pod === undefined)
    throw new Error(`the namespace of ${node === undefined ? ns : podNs} is gone`);
  return { node, pod };
}

function keep(record: RecordedAttachment, runtime: LabRuntime): void {
  const { resource } = record;
  writeRecord(recordPath(resource, runtime), record);
  runtime.held("cni").set(resource.id, new HeldAttachment(record, runtime));
}

/** On record before the first plugin is called: what is not complete DEL takes back, by whichever agent comes to it. */
async function add(resource: CniResource, runtime: LabRuntime, node: Node): Promise<void> {
  // The lab's own rules are known in the kernel's words before others are added to them.
  await runtime.readBacks.settled();
  const list = readNetwork(resource.network);
  let before = await look(runtime, resource);
  const { inode } = runtime.netns(resource.podNs);
  let attached: Attached = {
    pod: resource.podNs,
    node: resource.ns,
    inode: 0,
    since: Date.now(),
    addresses: {},
    result: { interfaces: [], ips: [], routes: [], dns: {} },
    made: [],
  };
  const learn = (more: Partial<Attached>): void => {
    attached = { ...attached, ...more };
    keep({ resource, attached }, runtime);
  };
  const called = async (type: string): Promise<void> => {
    const after = await look(runtime, resource);
    const version = await node.plugins.version(type);
    const by = version === undefined ? type : `${type} ${version}`;
    const cause = because(resource.cause, `made by ${by}, ADD of ${resource.pod}`);
    const fresh = new MadeBy(resource.node, cause, before, after).resources();
    before = after;
    runtime.journal.write(...fresh.map((one) => ({ t: "do", action: "create", resource: one }) as const));
    learn({ made: [...attached.made, ...fresh] });
  };
  learn({});
  try {
    const result = await node.runtime.add(list, attachmentOf(resource, runtime), called);
    const addresses = Object.fromEntries(
      result.ips
        .map(({ address }) => address.split("/")[0] ?? "")
        .toReversed()
        .map((address) => [familyOf(address), address]),
    );
    learn({ inode, since: Date.now(), addresses, result });
  } catch (error) {
    // Where DEL fails too it stays on record, and is called again before the next ADD.
    await del({ resource, attached }, runtime).catch(() => undefined);
    throw error;
  }
}

/** What the attachment made on the node and DEL has left is the node's from now on. */
async function del(old: RecordedAttachment, runtime: LabRuntime): Promise<void> {
  const { resource, attached } = old;
  if (runtime.find(resource.ns) !== undefined) {
    await nodeOf(runtime, resource).runtime.del(readNetwork(resource.network), attachmentOf(resource, runtime));
    const now = await takeSnapshot(runtime, resource.ns);
    const path = leftPath(runtime, resource.ns);
    const before = readRecord<readonly Resource[]>(path) ?? [];
    const ours = attached.made.filter(({ ns, id }) => ns === resource.ns && !before.some((one) => one.id === id));
    const left = [...before, ...ours].filter((one) => now !== undefined && isLeft(one, now));
    writeRecord(path, left);
    // Devices that are made again under these names have other numbers.
    const stays = new Set(left.map(({ id }) => id));
    const gone = attached.made.filter(({ id }) => !stays.has(id) && runtime.journal.record.applied.has(id));
    runtime.journal.write(...gone.map(({ id }) => ({ t: "gone", id }) as const));
  }
  rmSync(recordPath(resource, runtime), { force: true });
  runtime.held("cni").delete(resource.id);
}

/** Calls ADD; an earlier attachment that is incomplete is removed first. On failure DEL is called, and the plugin's message thrown. */
export function attach(resource: CniResource, runtime: LabRuntime): Promise<void> {
  const node = nodeOf(runtime, resource);
  return inTurn(node, async () => {
    const old = readRecord<RecordedAttachment>(recordPath(resource, runtime));
    try {
      if (old !== undefined) await del(old, runtime);
      await add(resource, runtime, node);
    } catch (error) {
      throw explained("ADD", resource, error);
    }
  });
}

export function detach(resource: CniResource, runtime: LabRuntime): Promise<void> {
  return inTurn(nodeOf(runtime, resource), async () => {
    const old = readRecord<RecordedAttachment>(recordPath(resource, runtime));
    if (old === undefined) return;
    try {
      await del(old, runtime);
    } catch (error) {
      throw explained("DEL", resource, error);
    }
  });
}

/** What an agent that died has recorded. */
export function recall(resource: CniResource, runtime: LabRuntime): void {
  const record = readRecord<RecordedAttachment>(recordPath(resource, runtime));
  if (record !== undefined) runtime.held("cni").set(resource.id, new HeldAttachment(record, runtime));
}

/** Attachments that are complete, and what earlier ones have left on their nodes. */
export function attachmentsOf(runtime: LabRuntime): NodeAttachments {
  const held = [...runtime.held<HeldAttachment>("cni").values()];
  let nodes: readonly string[] = [];
  try {
    nodes = readdirSync(`${runtime.folder}/cni`);
  } catch {
    // no plugin has been called
  }
  const [complete, broken] = [held.filter(({ running }) => running), held.filter(({ running }) => !running)];
  const left = nodes
    .filter((ns) => runtime.find(ns) !== undefined)
    .flatMap((ns) => readRecord<readonly Resource[]>(leftPath(runtime, ns)) ?? []);
  return {
    attached: complete.map(({ attached }) => attached),
    // What the lab has taken away since is not the lab's any more.
    left: [...left, ...broken.flatMap(({ attached }) => shared(attached))].filter(({ id }) =>
      runtime.journal.record.applied.has(id),
    ),
  };
}

/** Of a broken attachment what is not of its own cable: until DEL has been called it is there. */
function shared({ node, made }: Attached): readonly Resource[] {
  const cables = cableEnds(made);
  return made.filter((one) => one.ns === node && !cables.includes(nodeDevice(one) ?? ""));
}
