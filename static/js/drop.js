// Files and whole folders dropped anywhere on the page, and files that are pasted.

import { find } from "./dom.js";

export function startDrop(onFiles) {
  const overlay = find("#drop-overlay");
  let depth = 0;
  const show = (by) => {
    depth = Math.max(0, depth + by);
    overlay.hidden = depth === 0;
  };
  const withFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => withFiles(event) && show(1));
  addEventListener("dragleave", (event) => withFiles(event) && show(-1));
  addEventListener("dragover", (event) => withFiles(event) && event.preventDefault());
  addEventListener("drop", async (event) => {
    if (!withFiles(event)) return;
    event.preventDefault();
    show(-depth);
    onFiles(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", async (event) => {
    if (![...(event.clipboardData?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    onFiles(await filesOf(event.clipboardData));
  });
}

// Entries must be asked for at once: the transfer is empty after the first pause.
async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(walk))).flat();
}

async function walk(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return found;
    for (const each of batch) found.push(...(await walk(each)));
  }
}
