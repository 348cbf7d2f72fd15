// Moves one column to new slots, one thread per 32-bit word. shape: words per slot, words in all.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = (group.y * 32768u + group.x) * 64u + lane;
    if (index >= shape[1]) { return; }
    moved[destination[index / shape[0]] * shape[0] + index % shape[0]] = column[index];
}
