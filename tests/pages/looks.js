// Returns, for each text of the page as it is shown now, what its contrast depends on: its own colours and size, and
// those of everything it stands in up to the first opaque ground. A text that reaches out of its ground, or that lies on
// or under something that it does not stand in, has a look of its own: "". Keeps the texts by their looks for asking.
() => {
  const styles = new Map();
  const look = part => {
    if (!styles.has(part)) {
      const style = getComputedStyle(part), colour = style.backgroundColor;
      const clear = /^transparent$|^rgba\(.*, 0\)$|\/ 0\)$/.test(colour), image = style.backgroundImage !== "none";
      styles.set(part, {
        box: part.getBoundingClientRect(),
        clips: style.overflow === "hidden",
        inline: style.display === "inline",
        paints: !clear || image,
        opaque: !clear && !image && !/^rgba\(|\//.test(colour),
        ground: [colour, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode].join(),
        ink: [style.color, style.fill, style.fontSize, style.fontWeight, style.textShadow, style.textDecorationLine,
          style.webkitTextStrokeWidth].join(),
      });
    }
    return styles.get(part);
  };
  const isWithin = (box, other) => box.left >= other.left - 1 && box.right <= other.right + 1
    && box.top >= other.top - 1 && box.bottom <= other.bottom + 1;
  const meets = (box, other) => box.left < other.right - 1 && other.left < box.right - 1
    && box.top < other.bottom - 1 && other.top < box.bottom - 1;

  // Nobody sees what is clipped to a dot or lies beside the page; axe has no word on texts in drawings.
  const isSeen = part => {
    const {box} = look(part);
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0) return false;
    for (let place = part; place; place = place.parentElement) {
      const its = look(place);
      if (place.tagName === "svg" || (its.clips && (its.box.width <= 1 || its.box.height <= 1))) return false;
    }
    return true;
  };
  const range = document.createRange();
  const written = part => {
    const boxes = [...part.childNodes].filter(node => node.nodeType === Node.TEXT_NODE && node.data.trim()).map(node => {
      range.selectNodeContents(node);
      return range.getBoundingClientRect();
    });
    if (part.matches("input:not([type=checkbox], [type=radio], [type=hidden]), select, textarea"))
      boxes.push(look(part).box);
    return isSeen(part) ? boxes.filter(box => box.width && box.height) : [];
  };

  // A link among other words is told from them as well.
  const amongWords = part => {
    const link = part.closest("a[href]");
    let block = link;
    while (block && look(block).inline) block = block.parentElement;
    const alone = !block || block.textContent.trim() === link.textContent.trim();
    return alone ? "" : look(link.parentElement).ink;
  };

  const parts = [...document.body.querySelectorAll("*")].filter(part => part.checkVisibility({visibilityProperty: true}));
  const painted = parts.filter(part => look(part).paints && isSeen(part));
  const isCanvas = part => part === document.body || part === document.documentElement;
  const told = (part, boxes) => {
    const chain = [look(part).ink, amongWords(part)];
    for (let place = part; place; place = place.parentElement) {
      const its = look(place);
      if (its.paints && !isCanvas(place) && !boxes.every(box => isWithin(box, its.box))) return "";
      chain.push(its.ground);
      if (its.opaque) {
        for (let outer = place.parentElement; outer; outer = outer.parentElement)
          if (getComputedStyle(outer).opacity !== "1") return "";
        break;
      }
    }
    const crossed = painted.some(other => !other.contains(part) && !part.contains(other)
      && boxes.some(box => meets(box, look(other).box)));
    return crossed ? "" : chain.join("|");
  };

  window.__texts = parts.map(part => [part, written(part)]).filter(([, boxes]) => boxes.length)
    .map(([part, boxes]) => [part, told(part, boxes)]);
  return [...new Set(window.__texts.map(([, key]) => key))];
}
