// Where a box of a page stands on the page as it is shown.

// A box as shares of the page as it is shown; `width` and `height` are of that page.
export function shownBox(box, { rotation, width, height }) {
  const [left, top, right, bottom] = {
    90: [width - box.y1, box.x0, width - box.y0, box.x1],
    180: [width - box.x1, height - box.y1, width - box.x0, height - box.y0],
    270: [box.y0, height - box.x1, box.y1, height - box.x0],
  }[rotation] ?? [box.x0, box.y0, box.x1, box.y1];
  return { left: left / width, top: top / height, width: (right - left) / width, height: (bottom - top) / height };
}

// How far down a box starts, as a share of the shown height: boxes are unrotated, pages may be turned.
export const shownTop = (box, page) => shownBox(box, page).top;
