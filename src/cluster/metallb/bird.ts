/**
 * A real BIRD 2 in the place of MetalLB's FRR on a node: it announces static routes to its peers, writes nothing into the kernel and
 * listens on a port of its own, where no peer calls.
 */
import { because } from "../../cause.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { FAMILIES, familyOf } from "../../net/families.ts";
import type { Family } from "../../net/family.ts";
import { addBird, passwordText, section, textOf, TIMERS } from "../bgp/bird-text.ts";
import { wholeBgp } from "../bgp/router-table.ts";
import type { ClusterModel } from "../cluster.ts";
import { nodeSpeakers } from "./speakers.ts";
import type { NodeSpeaker, SpeakerPeer } from "./speakers.ts";

const DOES = "speaks BGP in the place of MetalLB's FRR: announces, and learns nothing";
/** 179 is that of a network plugin's own daemon. */
const LISTEN_PORT = 1790;

const filterName = ({ model }: SpeakerPeer, family: Family): string =>
  `to_${model.name.replaceAll(/[^A-Za-z0-9]/g, "_")}_${family}`;

function filterText(peer: SpeakerPeer, family: Family): readonly string[] {
  const own = peer.said.filter(({ prefix }) => familyOf(prefix) === family);
  return section(`filter ${filterName(peer, family)}`, [
    ...own.map(({ prefix, localPref, communities }) =>
      [
        `if net = ${prefix} then {`,
        ...(localPref === 0 ? [] : [`bgp_local_pref = ${localPref};`]),
        ...communities.map((one) => {
          const parts = one.split(":");
          return `${parts.length === 2 ? "bgp_community" : "bgp_large_community"}.add((${parts.join(", ")}));`;
        }),
        "accept; }",
      ].join(" "),
    ),
    "reject;",
  ]);
}

function peerText(speaker: NodeSpeaker, peer: SpeakerPeer): readonly string[] {
  const { model, asn } = peer;
  const family = familyOf(model.address);
  const source = model.source ?? speaker.node.address[family] ?? "";
  const families = model.bothFamilies ? FAMILIES : [family];
  const when = (seconds: number | undefined, what: string): readonly string[] =>
    seconds === undefined ? [] : [`${what} time ${seconds};`];
  return [
    ...families.flatMap((one) => filterText(peer, one)),
    ...section(`protocol bgp 'to_${model.name}'`, [
      `local ${source} port ${LISTEN_PORT} as ${model.localAsn ?? model.myAsn};`,
      `neighbor ${model.address} as ${asn};`,
      "multihop;",
      ...TIMERS,
      ...when(model.holdTime, "hold"),
      ...when(model.keepaliveTime, "keepalive"),
      ...(model.gracefulRestart ? ["graceful restart on;"] : []),
      ...passwordText(model),
      ...families.map((one) => `${one} { import none; next hop self; export filter ${filterName(peer, one)}; };`),
    ]),
  ];
}

/** `peers`: those with a session. */
export function metallbBirdText(speaker: NodeSpeaker, peers: readonly SpeakerPeer[]): string {
  const prefixes = [...new Set(speaker.announcements.map(({ prefix }) => prefix))];
  const families = FAMILIES.filter((family) => speaker.node.address[family] !== undefined);
  return textOf([
    "log stderr { warning, error, fatal, bug };",
    `router id ${speaker.routerId};`,
    ...section("protocol device", ["scan time 2;"]),
    ...section("protocol direct", [...families.map((family) => `${family};`), 'interface "*";']),
    ...families.flatMap((family) =>
      section(`protocol static announced_${family}`, [
        `${family};`,
        ...prefixes.filter((prefix) => familyOf(prefix) === family).map((prefix) => `route ${prefix} blackhole;`),
      ]),
    ),
    ...peers.flatMap((peer) => peerText(speaker, peer)),
  ]);
}

/** None where no session comes up: BIRD would dial for ever. */
export function addMetallbBird(cluster: ClusterModel, node: ClusterNode, draft: NodeDraft): void {
  const { metallb } = cluster;
  const speaker = nodeSpeakers(cluster).find((one) => one.node.name === node.name);
  if (metallb?.daemon !== "bird" || speaker === undefined) return;
  const up = new Set(
    wholeBgp(cluster).sessions.flatMap((session) =>
      session.state === "up"
        ? session.ends.flatMap((end) => (end.speaker === speaker.name ? [end.neighbour.name] : []))
        : [],
    ),
  );
  const peers = speaker.peers.filter(({ model }) => up.has(model.name));
  if (peers.length === 0) return;
  // Beside that of the network plugin.
  const name = draft.of("daemon").some((one) => one.name === "bird") ? "metallb" : "bird";
  const cause = because(metallb.cause, `MetalLB's speaker on ${node.name}`);
  addBird(draft, metallbBirdText(speaker, peers), cause, { name, does: DOES });
}
