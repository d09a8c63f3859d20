import { playScenes } from './play.ts';
import { OF_OBJECTS } from './scenes.ts';

playScenes(OF_OBJECTS, 0);
