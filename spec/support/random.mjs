// random.mjs: the same cases every time, and in any order.
//
//   const below = generator(7)   below(n) is from 0 to n - 1
//   shuffled(list, 7)            a copy in another order, which the seed tells

/** mulberry32: small, and good enough to make cases. */
export function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

export function shuffled(list, seed) {
  const below = generator(seed), out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}
