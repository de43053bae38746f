import sys,time,resource; sys.path.insert(0,'/work/w15')
from pathlib import Path
from tests.benchmarks.documents import lose
r0=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
n=int(sys.argv[1]); t=time.process_time(); lose(n,Path('/tmp/w15/lo.json'),int(sys.argv[2])); print(n,sys.argv[2],'cases',round(time.process_time()-t,2),'CPU', r0//1024,resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024,'MB')
