"""What we run in a captured page, in a world of its own: the page's scripts see nothing of it and cannot bend it."""

from __future__ import annotations

DOM = """(() => {
  const kind = document.doctype ? "<!DOCTYPE " + document.doctype.name + ">" : "";
  return (kind + (document.documentElement ? document.documentElement.outerHTML : "")).slice(0, %d);
})()"""
TEXT = "((document.body || document.documentElement)?.innerText || '').slice(0, %d)"
HEIGHT = "Math.ceil(document.documentElement?.getBoundingClientRect().height || 0)"
TOP = "window.scrollTo({top: 0, behavior: 'instant'})"
# One screen further; says whether that was the end.
STEP = """(() => {
  const root = document.scrollingElement || document.documentElement;
  window.scrollBy({top: Math.max(200, window.innerHeight * 0.9), behavior: "instant"});
  return window.scrollY + window.innerHeight >= Math.min(root.scrollHeight, %d) - 2;
})()"""
# Opens what is folded, loads what waits to be seen, in every size that is offered, and plays what can be played, mute.
OPEN = """(() => {
  const some = (what, most) => [...document.querySelectorAll(what)].slice(0, most);
  for (const one of some("details:not([open])", 200)) one.open = true;
  for (const one of some("img[loading=lazy], iframe[loading=lazy]", 500)) one.loading = "eager";
  const sizes = new Set();
  for (const one of some("img[srcset], source[srcset]", 200))
    for (const part of one.srcset.split(/,\\s+/)) {
      const address = part.trim().split(/\\s+/)[0];
      if (address && sizes.size < 100) try { sizes.add(new URL(address, document.baseURI).href); } catch (e) {}
    }
  for (const address of sizes) if (address.startsWith("http")) new Image().src = address;
  for (const one of some("video, audio", 20)) {
    one.muted = true; one.preload = "auto";
    try { one.play()?.catch(() => 0); } catch (e) {}
  }
})()"""
PAUSE = "for (const one of document.querySelectorAll('video, audio')) try { one.pause() } catch (e) {}"
ICON = """(() => {
  const found = [...document.querySelectorAll("link[rel~=icon i][href]")].map(one => one.href);
  return found.find(one => one.startsWith("http")) || new URL("/favicon.ico", location.href).href;
})()"""
# The bytes behind an address that only this page knows, as base64; null where they are gone or too many.
BLOB = """(async () => {
  try {
    const blob = await (await fetch(%s)).blob();
    if (blob.size > %d) return null;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return {type: blob.type, base64: btoa(text)};
  } catch (e) { return null; }
})()"""
