// Writes down, by entity index, where in this tick everybody is who might carry something.
fn each(slot: u32) {
    let who = entity[slot].x;
    // The stamp tells who is there now from who has been there once; 0 is nobody.
    carry_place[who] = vec4<i32>(position[slot].xyz, i32(tick.index + 1u));
    carry_pace[who] = velocity[slot].xyz.xz;
}
