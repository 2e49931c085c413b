// How a page was read, in words.

import { t } from "./text.js";

const GARBLED = ["unmapped", "private-use", "control", "mojibake", "wrong-map", "bad-ocr"];

// "Text layer", "OCR", "Image, not read" or "Blank page".
export function badge(page) {
  if (page.look === "unread") return t("document.page_scan");
  if (page.look === "empty") return t("document.page_blank");
  return t(`document.way_${page.read_as}`);
}

export function remark(page) {
  if (page.garbled) {
    const reason = GARBLED.includes(page.garbled) ? t(`document.garbled_${page.garbled.replace("-", "_")}`) : page.garbled;
    return t(page.read_as === "text" ? "document.mixed" : "document.repaired", { reason });
  }
  return page.look === "unsure" ? t("document.look_unsure") : "";
}
