// One stream: its keys, and its records a page at a time, the newest first.

import { api } from "./api.js";
import { el, fullId } from "./dom.js";
import { count, plural, shortId } from "./format.js";
import { download, facts, said, section, when } from "./panel.js";
import { drawPager, makeRow } from "./records.js";

const pageSize = 25;

export function streamView(id) {
  const list = el("ol", { class: "rows compact", "aria-label": "Records of this stream, newest first" });
  const pager = el("div", { class: "pager" });
  const problem = el("p", { class: "soft", role: "status" });
  let top = null; // the highest number on the page shown, when it is not the newest page

  async function turn(head, from) {
    const last = from ?? head;
    const first = Math.max(0, last - pageSize + 1);
    try {
      const { records } = await api.streamRecords(id, last - first + 1, first);
      const shown = records.filter((record) => record.seq >= first && record.seq <= last).sort((a, b) => b.seq - a.seq);
      list.replaceChildren(...shown.map(makeRow));
      problem.textContent = "";
    } catch (trouble) {
      problem.textContent = trouble.message;
    }
    top = from;
    drawPager(pager, [
      from !== null ? ["Newest", () => turn(head, null)] : null,
      first > 0 ? ["Older", () => turn(head, first - 1)] : null,
    ]);
  }

  return {
    title: "Stream",
    missing: "This node does not know a stream with this id.",
    load: () => api.stream(id),
    draw(stream) {
      turn(stream.seq, top);
      const keys = Array.isArray(stream.keys) ? stream.keys : [];
      return [
        el(
          "p",
          { class: "lede" },
          `A chain of ${plural(stream.seq + 1, "record")} by one signer, each naming the one before. `,
          "Its id is that of its first key, for ever.",
        ),
        section("Records", list, pager, problem),
        section(
          "Identity",
          facts(
            ["Stream id", fullId(stream.stream, "stream id")],
            [
              "Newest record",
              stream.head ? fullId(stream.head, "id of the newest record", `#record/${stream.head}`) : null,
            ],
            ["Newest record's own time", when(stream.time)],
            ["Sponsor", said(stream.sponsor ?? "none")],
            ["Recovery key", stream.recovery ? fullId(stream.recovery, "recovery key id") : "none"],
          ),
        ),
        section(
          keys.length === 1 ? "Key" : "Keys",
          el(
            "ol",
            { class: "keys" },
            keys.slice(0, 256).map((key, at) => keyLine(key, at === keys.length - 1)),
          ),
        ),
        section(
          "Take it with you",
          el(
            "div",
            { class: "downloads" },
            download(
              `/v1/streams/${id}/evidence`,
              `${id.slice(0, 16)}.evidence`,
              "Evidence file",
              "The whole stream, to be checked offline",
            ),
          ),
        ),
      ];
    },
  };
}

function keyLine(key, isLast) {
  const revoked = key.revoked !== null && key.revoked !== undefined;
  return el(
    "li",
    { class: revoked ? "revoked" : null },
    el("span", { class: "id", title: key.kid }, shortId(key.kid, 16, 8)),
    " ",
    el("span", { class: "soft" }, `in force from record ${count(key.first)}${isLast ? ", now" : ""}`),
    revoked ? el("b", { class: "revoked-word" }, ` revoked from record ${count(key.revoked)}`) : null,
  );
}
