// Things go with who carries them; what nobody carries stays where it is.
fn each(slot: u32) {
    let by = carried[slot].by;
    if (by >= arrayLength(&carry_place)) { return; }
    let place = carry_place[by];
    if (place.w != i32(tick.index + 1u)) { return; }
    position[slot].xyz = vec3<i32>(place.x, place.y + HEIGHT + carried[slot].rest, place.z);
}
