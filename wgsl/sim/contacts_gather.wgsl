//! import sim/touching.wgsl
// Copies velocities into cell order, so that contacts read what no thread is writing, and counts
// what each body touches, so that both bodies of a pair can share their corrections alike.
fn each(index: u32) {
    if (index >= grid_start[GRID_CELLS]) { return; }
    let own = grid_record[index];
    let slot = u32(own.w);
    if (!is_member(slot)) { return; }
    let me = body[slot];
    var touching = 0;
    if (me.radius > 0) {
        let area = grid_area(own.xyz, GRID_REACH);
        for (var k = 0u; k < area.rows; k++) {
            let span = grid_span(area, k);
            for (var i = span.x; i < span.y; i++) {
                if (i != index && touch(own, me, i).depth > 0) { touching += 1; }
            }
        }
    }
    contact_motion[index] = vec4<i32>(velocity[slot].xyz, touching);
}
