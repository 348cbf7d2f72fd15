//! import lib/fixed.wgsl
//! import sim/combat_traits.wgsl
//! import sim/combat_walls.wgsl
// Damage of the blasts of this tick: all of it in the middle, none at the radius or behind a box.

/// Distance between two places, at most `most`.
fn apart(a: vec3<i32>, b: vec3<i32>, most: i32) -> i32 {
    let gap = bitcast<vec3<u32>>(max(a, b) - min(a, b));
    if (any(gap > vec3<u32>(u32(most)))) { return most; }
    return min(i32(length_q16(b - a)), most);
}

fn each(slot: u32) {
    let id = entity[slot].x;
    let me = combat_body[id];
    if ((me.w & UP) == 0) { return; }
    var sum = 0;
    let count = combat_blasts[0].x;
    for (var i = 0; i < count; i++) {
        let place = combat_blasts[1 + 2 * i];
        let force = combat_blasts[2 + 2 * i];
        let left = place.w - apart(place.xyz, me.xyz, place.w);
        if (left <= 0 || (force.y != 0 && force.y == me.w / TEAM)) { continue; }
        if (is_walled(place.xyz, eyes_of(me))) { continue; }
        sum += mul_q16(force.x, div_q16(left, place.w)); // at most MOST each, 64 of them
    }
    if (sum > 0) { combat_damage[id] += sum; }
}
