// Copies velocity and mass into cell order, so that contacts read what no thread is writing.
fn each(index: u32) {
    if (index >= grid_start[GRID_CELLS]) { return; }
    let slot = u32(grid_record[index].w);
    contact_motion[index] = vec4<i32>(velocity[slot].xyz, body[slot].inverse_mass);
}
