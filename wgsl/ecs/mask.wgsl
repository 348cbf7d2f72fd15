// Gives entities new component masks; mask 0 ends one. shape[1]: how many.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = (group.y * FOLD + group.x) * WORKGROUP_SIZE + lane;
    if (index >= shape[1]) { return; }
    entity[slot_of[ids[index]]].y = payload[index];
}
