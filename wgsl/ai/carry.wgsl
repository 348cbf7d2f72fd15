//! import lib/root.wgsl
// Things go with who carries them, ahead of them; what nobody carries stays where it is.
const WALKS = 24; // speed in 1/1024 m/s above which one turns to where one goes

fn each(slot: u32) {
    let by = carried[slot].by;
    if (by >= arrayLength(&carry_place)) { return; }
    let place = carry_place[by];
    if (place.w != i32(tick.index + 1u)) { return; }
    // Below 16 m/s, so that squares fit; in 1/1024 m/s.
    let pace = clamp(carry_pace[by] >> vec2<u32>(6u), vec2<i32>(-16384), vec2<i32>(16384));
    let speed = i32(isqrt(u32(pace.x * pace.x + pace.y * pace.y)));
    if (speed > WALKS) { carried[slot].ahead = pace * AHEAD / speed; } // below 2^30
    let ahead = carried[slot].ahead;
    position[slot].xyz = vec3<i32>(place.x + ahead.x, place.y + HEIGHT, place.z + ahead.y);
}
