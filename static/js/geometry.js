// Where a box of a page stands on the page as it is shown.

// How far down a box starts, as a share of the shown height: boxes are unrotated, pages may be turned.
export function shownTop(box, { rotation, height }) {
  const edge = { 90: box.x0, 180: height - box.y1, 270: height - box.x1 }[rotation] ?? box.y0;
  return edge / height;
}
