# commits.gp - commits a second by number of clients, from commits.dat
set terminal svg size 760,420 font "sans-serif,13" background "white"
set output out
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.85 border -1
set boxwidth 0.9
set key top left
set ylabel "commits a second"
set xlabel "clients"
set yrange [0:*]
set grid ytics
set title title
plot data using 2:xtic(1) title "table without triggers" lc rgb "#9aa5b1", \
     "" using 3 title "qfs" lc rgb "#2f6fb2", \
     "" using 4 title "plpgsql + pgcrypto" lc rgb "#c98a3c"
