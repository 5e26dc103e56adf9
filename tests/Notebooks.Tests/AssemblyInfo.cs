// Every test here runs notebooks, which use all cores, and some count the tensors of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
